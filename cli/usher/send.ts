import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type * as z from 'zod';
import { configOf } from '../../operator/connections.ts';
import { stepsOf } from '../../operator/follow.ts';
import { inBatches } from '../../operator/letters/batches.ts';
import { judge } from '../../operator/letters/judge.ts';
import { masked } from '../../operator/personal.ts';
import type { Target } from '../../operator/target.ts';
import { InputError } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { amount, printable } from '../terminal/text.ts';
import { type AuditOptions, audit, isConfirmed, untilInterrupted } from './act.ts';
import { EXIT } from './exit.ts';
import { openRequests } from './letters/open.ts';
import { type CommonOptions, countOf, withCommonOptions } from './options.ts';
import { print, printJson, styled } from './print.ts';
import { readRequestLines } from './requests-file.ts';
import * as shapes from './shapes.ts';
import { openSite } from './site.ts';
import { toldSite } from './told-site.ts';

const more = `
Each request is judged by the function's own reader before the first one is
sent. --wait tells what becomes of each by the log, and takes nobody's answer:
the answers stay in their queues.

Examples:
  usher send requests.jsonl --stage prod                    what would be sent
  usher send requests.jsonl --wait --confirm --stage prod

Exit status: 0 sent (with --wait: all are completed), 1 something was not.`;

interface SendOptions extends CommonOptions, AuditOptions {
  readonly wait?: boolean;
  readonly timeout: number;
  readonly confirm?: boolean;
}

export function sendCommand(): Command {
  const command = new Command('send')
    .description('Sends requests.')
    .argument('<FILE>', 'one event a line; - is standard input')
    .option('--wait', 'waits until each is completed or dead-lettered')
    .option('--timeout <seconds>', 'how long it waits', countOf, 300)
    .option('--reason <text>', 'why, for the audit')
    .option('--audit-file <file>', 'who did what; else USHER_AUDIT_FILE, else .usher/audit.jsonl')
    .option('--confirm', 'does it; without it, and without a yes at a terminal, it is only told')
    .addHelpText('after', more)
    .action((file: string, options) => run(file, options));
  return withCommonOptions(command);
}

type Sent = z.infer<typeof shapes.sent>;

async function run(file: string, options: SendOptions): Promise<void> {
  const lines = await readRequestLines(file);
  const target = await openSite(options);
  const config = await configOf(target);
  const judged = lines.map(({ number, body }) => ({
    number,
    body,
    judgement: judge(body, config, Date.now()),
  }));
  const problems = judged.flatMap(({ number, judgement }) =>
    judgement.ok ? [] : [`- line ${number}: ${judgement.failure.message}`],
  );
  if (problems.length > 0)
    throw new InputError(
      printableLines([
        `Nothing was sent: ${problems.length} of ${lines.length} requests would be refused.`,
        ...problems.slice(0, 20),
      ]),
    );
  const requests: Sent[] = judged.map(({ number, judgement }) => ({
    line: number,
    whereabouts: 'not sent',
    ...(judgement.ok && { requestId: masked(judgement.request.id, []) }),
  }));

  if (!(await isConfirmed(`Send ${amount(lines.length)} requests?`, options.confirm))) {
    if (options.json) printJson(shapes.sending, { site: toldSite(target), isDryRun: true, requests });
    else
      print(
        `${amount(lines.length)} requests would be sent. Nothing was (dry run). To do it, say --confirm.`,
      );
    return;
  }
  await audit(target, options, 'send', { requests: lines.length });
  const since = Date.now() - 60_000;
  await sendAll(target, lines, requests);
  if (options.wait) await waitFor(target, requests, since, options.timeout);
  const isDone = ({ whereabouts }: Sent) => whereabouts === (options.wait ? 'completed' : 'sent');
  process.exitCode = requests.every(isDone) ? EXIT.done : EXIT.wrong;
  if (options.json) printJson(shapes.sending, { site: toldSite(target), isDryRun: false, requests });
  else print(page(requests));
}

async function sendAll(
  target: Target,
  lines: readonly { readonly body: string }[],
  requests: Sent[],
): Promise<void> {
  using queue = openRequests(target);
  using progress = createProgress(process.stderr);
  const messages = lines.map(({ body }, at) => ({
    body,
    at,
    attributes: {},
    groupId: undefined,
    traceHeader: undefined,
  }));
  let sent = 0;
  progress.show(() => `${amount(sent)} of ${amount(lines.length)} requests sent`);
  for (const batch of inBatches(messages)) {
    const ids = await queue.send(batch);
    for (const [index, { at }] of batch.entries()) {
      const messageId = ids[index];
      const request = requests[at];
      if (messageId === undefined || request === undefined) continue;
      Object.assign(request, { messageId, whereabouts: 'sent' });
      sent += 1;
    }
  }
}

const EVERY_MS = 1_000;

async function waitFor(
  target: Target,
  requests: Sent[],
  since: number,
  timeoutSeconds: number,
): Promise<void> {
  const signal = untilInterrupted();
  using progress = createProgress(process.stderr);
  const open = () =>
    requests.filter(
      ({ whereabouts }) =>
        whereabouts === 'sent' || whereabouts === 'being retried' || whereabouts === 'being handled',
    );
  progress.show(() => `${amount(open().length)} of ${amount(requests.length)} requests without an answer`);
  const until = Date.now() + timeoutSeconds * 1000;
  while (open().length > 0 && Date.now() < until && !signal.aborted) {
    const waiting = open();
    const ids = waiting.map(({ messageId = '' }) => messageId);
    const steps = await stepsOf(target, ids, since);
    const last = new Map(steps.map((step) => [step.messageId, step]));
    for (const request of waiting) {
      const step = last.get(request.messageId);
      if (step !== undefined)
        Object.assign(request, {
          whereabouts: WHEREABOUTS.get(step.event) ?? 'being handled',
          code: step.code,
        });
    }
    if (open().length > 0) await delay(EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

const WHEREABOUTS = new Map<string, Sent['whereabouts']>([
  ['request completed', 'completed'],
  ['request dead-lettered', 'dead-lettered'],
  ['request handed back', 'being retried'],
]);

function page(requests: readonly Sent[]): string {
  const lines = requests.map(({ line, requestId = '–', messageId = '–', whereabouts, code }) => {
    const look = whereabouts === 'completed' || whereabouts === 'sent' ? 'green' : 'yellow';
    return `${String(line).padStart(5)}  ${printable(requestId)}  ${messageId}  ${styled(look, whereabouts)}${code ? `: ${printable(code)}` : ''}`;
  });
  return lines.join('\n');
}

const printableLines = (lines: readonly string[]) => lines.map(printable).join('\n');
