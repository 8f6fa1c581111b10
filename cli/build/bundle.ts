import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as bundle, type Metafile, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const functions = ['user-requested', 'request-exhausted'];

/** What every bundle for Lambda has in common. */
export const forLambda = {
  outExtension: { '.js': '.mjs' },
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/** What a bundle holds. */
export interface Bundle {
  readonly name: string;
  readonly bytes: number;
  /** The npm packages of which something is in it, sorted. */
  readonly packages: readonly string[];
  /** Where they lie, from the project's folder. */
  readonly packageFolders: readonly string[];
}

/** Bundles each function into `dist/<function>/index.mjs`, the file that runs in Lambda. */
export async function build(): Promise<Bundle[]> {
  const { outputFiles, metafile } = await bundle({
    ...forLambda,
    absWorkingDir: root,
    entryPoints: functions.map((name) => ({ in: `functions/${name}/index.ts`, out: `${name}/index` })),
    outdir: 'dist',
    // What Lambda never needs of the SDK.
    alias: {
      '@aws-sdk/credential-provider-node': './lib/aws/credentials.ts',
      '@smithy/core/event-streams': './lib/aws/event-streams.ts',
    },
    plugins: [builtins, replaced, versionAlone, regionsAlone],
    write: false,
    metafile: true,
  });
  await Promise.all(outputFiles.map(({ path, contents }) => replaceFile(path, contents)));
  return functions.map((name) => contentsOf(name, metafile.outputs[`dist/${name}/index.mjs`]));
}

/**
 * Takes the modules of Node.js for what they are, CommonJS modules, which is faster. Imported as an ES module, each
 * export of one is read, the WebSocket of node:http among them, and that loads all of undici.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    const namespace = 'builtin';
    onResolve({ filter: /^/ }, ({ path }) => (isBuiltin(path) ? { path, namespace } : undefined));
    onLoad({ filter: /^/, namespace }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};

/** What takes the place of a module inside the SDK, for which there is no alias. */
const REPLACED = [
  [/\/loadSharedConfigFiles$/, 'config-files'],
  [/\/getInstanceMetadataRegion$/, 'instance-metadata'],
  [/\/HeaderFormatter$/, 'event-streams'],
  [/\/(Sha256Js|Md5Js)$/, 'hashing'],
] as const;

const replaced: Plugin = {
  name: 'replaced',
  setup({ onResolve }) {
    for (const [filter, name] of REPLACED)
      onResolve({ filter }, () => ({ path: join(root, `lib/aws/${name}.ts`) }));
  },
};

/** Of the regions that the SDK knows, what they are called for people. */
const regionsAlone: Plugin = {
  name: 'regions-alone',
  setup({ onLoad }) {
    onLoad({ filter: /\/aws\/partitions\.js$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/"description": "[^"]*"/g, ''),
    }));
  },
};

/** Of a package.json, the SDK's own ones included, nobody needs to know anything else. */
const versionAlone: Plugin = {
  name: 'version-alone',
  setup({ onLoad }) {
    onLoad({ filter: /\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'));
      return { contents: JSON.stringify({ version }), loader: 'json' };
    });
  },
};

function contentsOf(name: string, output: Metafile['outputs'][string] | undefined): Bundle {
  if (output === undefined) throw new Error(`The bundle of ${name} is missing`);
  const folders = Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([file]) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  const packageFolders = [...new Set(folders)].sort();
  const packages = packageFolders.map((folder) => folder.replace(/.*node_modules\//, ''));
  return { name, bytes: output.bytes, packages, packageFolders };
}

/** A function that starts meanwhile reads the old content or the new one, never a part. */
async function replaceFile(path: string, contents: Uint8Array): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const draft = `${folder}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}
