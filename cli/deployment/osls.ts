import { spawn } from 'node:child_process';
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
  const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
  child.once('error', reject);
  child.once('exit', (code, signal) => resolve(code === 0 ? undefined : (signal ?? String(code))));
  // Ctrl-C reaches the child by itself, which then ends in its own way; whoever ends this process alone means the child.
  const ignore = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  const reason = await promise.finally(() => process.off('SIGINT', ignore).off('SIGTERM', pass));
  if (reason !== undefined)
    throw new Refusal(`osls ${command.join(' ')} has failed (${reason}): what it says stands above.`);
}
