import { amount } from '../cli/terminal/text.ts';
import { type ContestantName, contestants } from './contestants.ts';
import type { Results } from './results.ts';
import type { CallsRow } from './sections/calls.ts';
import type { ColdRow } from './sections/cold.ts';
import type { GrowthCell, GrowthRow } from './sections/growth.ts';
import { LATENCIES_MS, type LatencyCell, type LatencyRow, SIZES } from './sections/latency.ts';
import type { WarmRow } from './sections/warm.ts';
import type { Spread } from './statistics.ts';
import { isMet, type Target, targetsOf } from './targets.ts';

/** The results as Markdown: each section's table, then every target beside its figure. */
export function reportOf(results: Results): string {
  const { cold, warm, latency, calls, growth } = results;
  const parts = [
    cold && section('Cold start', COLD, coldTable(cold)),
    warm && section('Warm', WARM, warmTable(warm)),
    latency && section('Latency', LATENCY, latencyTable(latency)),
    calls && section('Calls and dollars', CALLS, callsTable(calls), dollarsTable(calls)),
    growth && section('Growth', GROWTH, growthTable(growth)),
    section('Targets', TARGETS, targetTable(targetsOf(results))),
  ];
  return parts.filter((part) => part !== undefined).join('\n\n');
}

const COLD =
  'A fresh process: importing the bundle, then one record. "First record done" counts from the start of the process. The last column says how many times as long as Usher it takes.';
const WARM =
  'Batches of ten in a process that has handled 2,000 messages before; nobody takes any time to answer. CPU is that of all threads of the process, garbage collection included.';
const LATENCY =
  'One invocation while the provider takes its time, in a warm process with 1,024 file descriptors, as Lambda gives them. Usher keeps ten calls in flight by default (`PROVIDER_CONCURRENCY`); its peers send all at once. Records that are not finished go back to the queue and are paid for again.';
const CALLS = 'Calls per 1,000 requests that arrive in batches of ten, in a burst, from a fresh process on.';
const GROWTH =
  'CPU a message, in microseconds, as batches grow, in one process with 1,024 file descriptors; nobody takes any time to answer. Where records were not finished their number stands beside the figure, which then says little.';
const TARGETS = 'Upper bounds; a figure beyond its target is marked with how far.';

function section(title: string, text: string, ...tables: string[]): string {
  return [`## ${title}`, text, ...tables].join('\n\n');
}

function coldTable(rows: readonly ColdRow[]): string {
  const usher = rows.find(({ name }) => name === 'usher')?.firstRecordMs.median;
  return table(
    ['', 'bundle, KiB', 'import, ms', 'first record done, ms', 'CPU, ms', 'memory, MiB', '÷ Usher'],
    rows.map((row) => [
      titleOf(row.name),
      amount(row.bytes / 1024, 1),
      spread(row.importMs, 1),
      spread(row.firstRecordMs),
      spread(row.cpuMs),
      amount(row.maxRssMib.median),
      times(row.firstRecordMs.median, usher),
    ]),
  );
}

function warmTable(rows: readonly WarmRow[]): string {
  const usher = rows.find(({ name }) => name === 'usher')?.cpuUs.median;
  return table(
    ['', 'CPU a message, µs', 'wall a message, µs', 'memory, MiB', 'CPU ÷ Usher'],
    rows.map((row) => [
      titleOf(row.name),
      spread(row.cpuUs),
      spread(row.wallUs),
      amount(row.maxRssMib),
      times(row.cpuUs.median, usher),
    ]),
  );
}

function latencyTable(rows: readonly LatencyRow[]): string {
  const heads = LATENCIES_MS.flatMap((latencyMs) =>
    SIZES.map((size) => `${amount(size)} at ${latencyMs} ms`),
  );
  return table(
    ['', ...heads],
    rows.map(({ name, cells }) => [titleOf(name), ...cells.map(latencyCell)]),
  );
}

function latencyCell({ wallMs, failed, end }: LatencyCell): string {
  const ended = { answered: '', 'timed out': 'timed out', died: 'died', hopeless: 'would time out' }[end];
  const told = [wallMs && `${spread(wallMs)} ms`, ended, failed > 0 && `**${amount(failed)} not finished**`];
  return told.filter(Boolean).join(', ');
}

function callsTable(rows: readonly CallsRow[]): string {
  return table(
    ['', 'provider', 'SQS sends', 'Secrets Manager', 'DynamoDB', 'log bytes a request'],
    rows.map(({ name, per1000, logBytes }) => [
      titleOf(name),
      ...[per1000.provider, per1000.sqsSends, per1000.secretsManager, per1000.dynamoDb, logBytes].map((one) =>
        amount(one),
      ),
    ]),
  );
}

function dollarsTable(rows: readonly CallsRow[]): string {
  const kinds = ['lambda', 'sqs', 'secretsManager', 'dynamoDb', 'logs', 'total'] as const;
  const heads = ['Lambda', 'SQS', 'Secrets Manager', 'DynamoDB', 'logs', '**all**'];
  return table(
    ['dollars per million requests', ...heads],
    rows.map(({ name, dollarsPerMillion }) => [
      titleOf(name),
      ...kinds.map((kind) => amount(dollarsPerMillion[kind], 2)),
    ]),
  );
}

function growthTable(rows: readonly GrowthRow[]): string {
  const sizes = rows[0]?.cells.map(({ size }) => amount(size)) ?? [];
  return table(
    ['batches of', ...sizes],
    rows.map(({ name, cells }) => [titleOf(name), ...cells.map(growthCell)]),
  );
}

function growthCell({ cpuUs, failed }: GrowthCell): string {
  const figure = cpuUs ? spread(cpuUs) : 'died';
  return failed > 0 ? `${figure}, **${amount(failed)} not finished**` : figure;
}

function targetTable(targets: readonly Target[]): string {
  return table(
    ['', 'target', 'figure', ''],
    targets.map((target) => [
      target.subject,
      `≤ ${figureOf(target, target.limit)}`,
      figureOf(target, target.figure),
      isMet(target) ? 'met' : `**missed by ${missedBy(target)}**`,
    ]),
  );
}

function figureOf({ unit }: Target, value: number): string {
  if (unit === '×') return value.toFixed(2);
  return unit === 'KiB' ? `${amount(value, 1)} KiB` : amount(value);
}

function missedBy({ figure, limit }: Target): string {
  return limit === 0 ? amount(figure) : `${amount(100 * (figure / limit - 1), 1)} %`;
}

function spread({ median, min, max }: Spread, decimals = 0): string {
  const [middle, least, most] = [median, min, max].map((value) => amount(value, decimals));
  return least === most ? `${middle}` : `${middle} (${least}–${most})`;
}

function times(value: number, usher: number | undefined): string {
  return usher === undefined ? '' : `${amount(value / usher, 2)} ×`;
}

function titleOf(wanted: ContestantName): string {
  return contestants.find(({ name }) => name === wanted)?.title ?? wanted;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignments = heads.map((_, at) => (at === 0 ? '---' : '--:'));
  return [heads, alignments, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
