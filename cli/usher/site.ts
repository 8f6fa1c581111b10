import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { problemOfStage } from '../../deployment/settings.ts';
import { regionOfProfile } from '../../operator/aws/account.ts';
import { openTarget, type Target } from '../../operator/target.ts';
import { InputError } from '../terminal/arguments.ts';
import { regionFrom } from '../terminal/region.ts';
import type { CommonOptions } from './options.ts';

/** What `npm run local` writes while it runs: lines for a shell, and for this command. */
export const localSettings = fileURLToPath(new URL('../../.usher/local.env', import.meta.url));
const LOCAL_STAGE = 'local';

/** Finds what the command works on, and shows it before anything is done. */
export async function openSite(options: CommonOptions): Promise<Target> {
  if (options.local) await useLocal();
  const stage = options.local ? LOCAL_STAGE : stageOf(options.stage);
  const region = await regionFrom(options.region, regionOfProfile);
  const target = await openTarget(stage, region);
  const { account, caller, stack } = target;
  const version = stack.outputs.get('Version') ?? 'unknown';
  process.stderr.write(
    `account ${account} · region ${region} · stage ${stage} · version ${version}\nas ${caller}\n\n`,
  );
  return target;
}

function stageOf(stage: string | undefined): string {
  if (stage === undefined)
    throw new InputError('Say which stage: --stage prod, or set USHER_STAGE; --local for this machine.');
  const problem = problemOfStage(stage);
  if (problem) throw new InputError(`--stage ${stage}: ${problem}`);
  return stage;
}

/** Points every AWS client of this process at this machine. */
async function useLocal(): Promise<void> {
  const text = await readFile(localSettings, 'utf8').catch(() => {
    throw new InputError('Nothing runs on this machine: start it by `npm run local` in another terminal.');
  });
  for (const name of ['AWS_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_DEFAULT_REGION']) delete process.env[name];
  for (const [, name = '', value = ''] of text.matchAll(/\b(AWS_\w+)=(\S+)/g)) process.env[name] = value;
}
