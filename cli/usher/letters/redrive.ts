import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { configOf } from '../../../operator/connections.ts';
import { stepsOf } from '../../../operator/follow.ts';
import { auditedLetter, type Letter } from '../../../operator/letters/letter.ts';
import { openLook } from '../../../operator/letters/look.ts';
import { type RedriveReport, redrive } from '../../../operator/letters/redrive.ts';
import type { Selection } from '../../../operator/letters/selection.ts';
import { type Survey, survey } from '../../../operator/letters/survey.ts';
import type { Target } from '../../../operator/target.ts';
import { createProgress, type Progress } from '../../terminal/progress.ts';
import { amount, printable } from '../../terminal/text.ts';
import { type AuditOptions, audit, isConfirmed, untilInterrupted } from '../act.ts';
import { EXIT } from '../exit.ts';
import {
  type CommonOptions,
  countOf,
  type SelectionOptions,
  selectionOf,
  withCommonOptions,
  withSelection,
} from '../options.ts';
import { pasteable } from '../place.ts';
import { print, printJson } from '../print.ts';
import * as shapes from '../shapes.ts';
import { openSite } from '../site.ts';
import { toldSite } from '../told-site.ts';
import {
  depthOf,
  letterCount,
  openDeadLetters,
  openRequests,
  refuseEmpty,
  refuserFor,
  tellSeen,
  tellUnseen,
} from './open.ts';

const more = `
Whole letters go back, so that their redrives are counted and their answers get
ids of their own; each is deleted once SQS has confirmed it. Broken off at any
moment nothing is lost, and the same command goes on. What cannot succeed as it
is (invalid_event, request_expired, …) stays: edit or delete it.

Examples:
  usher letters redrive --code provider_unauthorized --stage prod       what would go back
  usher letters redrive --code provider_unauthorized --probe --rate 50 --confirm --stage prod
  usher letters redrive signup-4711 --confirm --stage prod

Exit status: 0 done (or told, without --confirm), 1 something stayed that was to go back.`;

interface RedriveCommandOptions extends CommonOptions, SelectionOptions, AuditOptions {
  readonly rate?: number;
  readonly limit?: number;
  readonly probe?: boolean;
  readonly confirm?: boolean;
}

export function redriveCommand(): Command {
  const command = new Command('redrive')
    .description('Sends selected letters back to be tried again.')
    .argument('[ids...]', 'SQS message ids, outcome ids or request ids')
    .option('--rate <n>', 'letters a second', countOf)
    .option('--limit <n>', 'no more letters than that', countOf)
    .option('--probe', 'one first; the others only once it has led to its user')
    .option('--reason <text>', 'why, for the audit')
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told')
    .addHelpText('after', more)
    .action((ids: string[], options) => run(ids, options));
  return withCommonOptions(withSelection(command));
}

async function run(ids: readonly string[], options: RedriveCommandOptions): Promise<void> {
  const selection = selectionOf(options, ids);
  refuseEmpty(selection);
  const target = await openSite(options);
  const refuse = refuserFor(await configOf(target));
  using letters = openDeadLetters(target);
  using requests = openRequests(target);
  const signal = untilInterrupted();
  const inQueue = await depthOf(letters);

  if (!options.confirm) {
    const before = await count(selection, { letters, inQueue, refuse, signal });
    const goes = Math.min(before.selected - sum(before.refused), options.limit ?? Number.POSITIVE_INFINITY);
    if (!options.json) tellBefore(before, goes, options);
    if (signal.aborted || goes === 0 || !(await isConfirmed(`Send ${letterCount(goes)} back?`, false)))
      return finish(target, options, inQueue, { ...dryReport(before), ended: 'dry run' });
  }

  using progress = createProgress(process.stderr);
  await audit(target, options, 'letters redrive', { selection, rate: options.rate, limit: options.limit });
  await using look = await openLook(letters, { signal });
  let report: RedriveReport | undefined;
  progress.show(() => `${amount(report?.redriven ?? 0)} of about ${letterCount(inQueue)} sent back`);
  const steps = redrive({
    ...{ look, letters, requests, selection, refuse, signal },
    ...{ limit: options.limit, rate: options.rate },
    probe: options.probe ? (messageId) => isCompleted(target, messageId, progress, signal) : undefined,
    onRedriven: (some: readonly Letter[]) =>
      audit(target, options, 'letters redriven', { letters: some.map(auditedLetter) }),
  });
  try {
    for await (const step of steps) report = step;
  } catch (error) {
    progress.tell(`${letterCount(report?.redriven ?? 0)} had gone back by then; the same command goes on.`);
    throw error;
  }
  progress.end();
  if (report === undefined || report.ended === 'at work')
    throw new Error('the redrive has ended without a report');
  finish(target, options, inQueue, { ...report, ended: report.ended });
}

type Counting = { letters: ReturnType<typeof openDeadLetters>; inQueue: number } & Pick<
  Parameters<typeof redrive>[0],
  'refuse' | 'signal'
>;

async function count(selection: Selection, { letters, inQueue, refuse, signal }: Counting): Promise<Survey> {
  using progress = createProgress(process.stderr);
  await using look = await openLook(letters, signal ? { signal } : {});
  tellSeen(progress, look, inQueue);
  // Awaited here: the look is over when this returns.
  return await survey(look, selection, { refuse });
}

const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((all, one) => all + one, 0);

function tellBefore({ seen, selected, groups, refused }: Survey, goes: number, options: CommonOptions): void {
  print(`${amount(selected)} of ${letterCount(seen)} selected${selected > 0 ? ':' : '.'}`);
  for (const { count: many, code = 'none', provider = '–', connection = '–' } of groups)
    print(`  ${amount(many).padStart(6)}  ${printable(`${code}, ${provider}/${connection}`)}`);
  tellRefused(refused, options);
  print(`${amount(goes)} would go back.`);
}

function tellRefused(refused: ReadonlyMap<string, number>, options: CommonOptions): void {
  for (const [code, many] of refused)
    print(
      `${amount(many)} cannot succeed as they are (${code}) and stay: ${pasteable('usher letters edit ID, or usher letters delete ID', options)}`,
    );
}

function dryReport({ seen, selected, refused }: Survey) {
  return { seen, selected, refused, redriven: 0, leftBehind: 0, failed: 0 };
}

type Ended = Omit<RedriveReport, 'ended' | 'refused'> & {
  readonly refused: ReadonlyMap<string, number>;
  readonly ended: 'dry run' | Exclude<RedriveReport['ended'], 'at work'>;
};

function finish(target: Target, options: CommonOptions, inQueue: number, report: Ended): void {
  const { redriven, leftBehind, failed, ended, refused } = report;
  const isDryRun = ended === 'dry run';
  const isShort =
    report.selected === 0 || failed + leftBehind > 0 || ended === 'stopped' || ended === 'probe failed';
  process.exitCode = isShort ? EXIT.wrong : EXIT.done;
  if (options.json) {
    printJson(shapes.redrive, {
      site: toldSite(target),
      isDryRun,
      ...report,
      refused: Object.fromEntries(refused),
    });
    return;
  }
  tellUnseen(report.seen, inQueue);
  if (isDryRun) {
    print('Nothing was changed (dry run). To do it, say --confirm.');
    return;
  }
  print(`${letterCount(redriven)} went back.`);
  tellRefused(refused, options);
  if (leftBehind > 0)
    print(`${amount(leftBehind)} more went back and could not be deleted here: once more is harmless.`);
  if (failed > 0)
    print(`${amount(failed)} were not taken by SQS and stay. The same command tries them again.`);
  if (ended === 'stopped') print('Stopped. The same command goes on with the others.');
  if (ended === 'probe failed')
    print('The first one did not lead to a user, so the others stay: follow says why.');
  if (ended === 'limit') print('The limit is reached; the same command goes on with the others.');
}

const PROBE_EVERY_MS = 1_000;
const PROBE_MS = 180_000;

/** Waits until the log tells what became of a message. */
async function isCompleted(
  target: Target,
  messageId: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<boolean> {
  const since = Date.now() - 60_000;
  const until = Date.now() + PROBE_MS;
  progress.tell(`The first one is on its way as ${messageId}; waiting for what becomes of it.`);
  while (Date.now() < until && !signal.aborted) {
    const ends = (await stepsOf(target, [messageId], since)).filter(({ event }) => event !== 'request taken');
    const last = ends.at(-1);
    if (last !== undefined) {
      const code = last.code === undefined ? '' : `: ${last.code}`;
      progress.tell(`${last.event}${code}`);
      return last.event === 'request completed';
    }
    await delay(PROBE_EVERY_MS, undefined, { signal }).catch(() => {});
  }
  return false;
}
