import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Refusal } from './command.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const osls = join(dirname(createRequire(import.meta.url).resolve('osls/package.json')), 'bin/serverless.js');

export interface OslsOptions {
  readonly stage: string;
  readonly region?: string | undefined;
  readonly param?: readonly string[];
}

/** Runs osls in the project's folder with what it prints left as it is; fails where it does. */
export async function runOsls(
  command: readonly string[],
  { stage, region, param = [] }: OslsOptions,
  more: readonly string[] = [],
): Promise<void> {
  const where = ['--stage', stage, ...(region === undefined ? [] : ['--region', region])];
  const params = param.flatMap((each) => ['--param', each]);
  const child = spawn(process.execPath, [osls, ...command, ...where, ...params, ...more], {
    cwd: root,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the child by itself, which then ends in its own way.
  process.on('SIGINT', () => {});
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Refusal(`osls ${command.join(' ')} has failed: what it says stands above.`);
}
