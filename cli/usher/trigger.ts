import { Command } from 'commander';
import { readTrigger, startTrigger, stopTrigger } from '../../operator/aws/trigger.ts';
import type { Target } from '../../operator/target.ts';
import { type AuditOptions, audit, isConfirmed } from './act.ts';
import { Wrong } from './exit.ts';
import { type CommonOptions, withCommonOptions } from './options.ts';
import { print, printJson } from './print.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const stopMore = `
Requests stay in their queue and lose no receive; what is being handled is
finished. It takes up to a minute. usher doctor tells the reason to whoever asks.

Example:
  usher stop --reason "the provider asked us to, until 18:00" --confirm --stage prod`;

const startMore = `
Example:
  usher start --confirm --stage prod`;

interface TriggerOptions extends CommonOptions, AuditOptions {
  readonly confirm?: boolean;
}

export function stopCommand(): Command {
  const command = new Command('stop')
    .description('Keeps user-requested from taking requests.')
    .requiredOption('--reason <text>', 'why; doctor tells it')
    .addHelpText('after', stopMore)
    .action((options) => run(options, 'off'));
  return withTriggerOptions(command);
}

export function startCommand(): Command {
  const command = new Command('start')
    .description('Lets user-requested take requests again.')
    .option('--reason <text>', 'why, for the audit')
    .addHelpText('after', startMore)
    .action((options) => run(options, 'on'));
  return withTriggerOptions(command);
}

function withTriggerOptions(command: Command): Command {
  return withCommonOptions(command)
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told');
}

async function run(options: TriggerOptions, wanted: 'on' | 'off'): Promise<void> {
  const target = await openSite(options);
  const { state } = await readTrigger(target.stack, target.region, 'RequestsQueueArn');
  if (state === 'unknown')
    throw new Wrong(`Nothing reads the requests queue: npm run deploy -- --stage ${target.stage}`);
  const word = wanted === 'on' ? 'started' : 'stopped';
  const site = toldSite(target);
  const isThere = state === wanted;
  if (isThere || !(await isConfirmed(`Shall it be ${word}?`, options.confirm))) {
    const isDryRun = !isThere;
    if (options.json) printJson(shapes.trigger, { site, isDryRun, state, isChanged: false });
    else
      print(
        isThere
          ? `It is ${word} already.`
          : `It would be ${word}. Nothing was changed (dry run). To do it, say --confirm.`,
      );
    return;
  }
  await audit(target, options, wanted === 'on' ? 'start' : 'stop', {});
  await change(target, wanted, options.reason);
  if (options.json) printJson(shapes.trigger, { site, isDryRun: false, state: wanted, isChanged: true });
  else print(`It is being ${word}, which takes up to a minute.`);
}

async function change({ stack, region, caller }: Target, wanted: 'on' | 'off', reason = ''): Promise<void> {
  if (wanted === 'on') await startTrigger(stack, region);
  else await stopTrigger(stack, region, { reason, by: caller });
}
