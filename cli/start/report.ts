import { styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { amount, type Cell, type Column, printable, seconds, shortened, tableOf } from '../terminal/text.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';

type Look = Parameters<typeof styleText>[0];
type Styled = (look: Look) => (text: string) => string;

const COLUMNS: readonly Column[] = [
  { title: 'Line', align: 'right' },
  { title: 'Request' },
  { title: 'Provider' },
  { title: 'Outcome' },
  { title: 'Attempts', align: 'right' },
  { title: 'Took', align: 'right' },
];
const MAX_REQUEST = 24;
const MAX_PROVIDER = 12;
/** With less room than this the reason stands on a line of its own. */
const LEAST_REASON = 40;
const MAX_REASON_LINES = 4;
const REASON = 'User or reason';
/** Ends a reason that is cut. */
const CUT = '…';
const CUT_EVENT = '… (all of it with --json)';
const GAP = '  ';
const INDENT = '      ';
const NOTHING = '–';
const OPEN = 'without an outcome';

const looks: Record<Outcome['result'], Look> = {
  created: 'green',
  existing: 'cyan',
  'dead-lettered': 'yellow',
};

/** A table of every line and what became of it, for lines of so many columns; the stream decides on colours. */
export function outcomeTable(
  entries: readonly Entry[],
  columns: number,
  stream: NodeJS.WritableStream,
): string {
  const styled: Styled = (look) => (text) => styleText(look, text, { stream });
  const cells = entries.map((entry) => cellsOf(entry, styled));
  const [titles = '', ...rows] = tableOf(COLUMNS, cells);
  const room = columns - stringWidth(titles) - GAP.length;
  const bold = styled('bold');
  if (room >= LEAST_REASON) {
    const hanging = `\n${' '.repeat(columns - room)}`;
    const reasons = entries.map((entry) => reasonLines(entry, room).join(hanging));
    return [bold(titles + GAP + REASON), ...rows.map((row, at) => row + GAP + reasons[at])].join('\n');
  }
  const dim = styled('dim');
  const reasons = entries.map((entry) =>
    reasonLines(entry, columns - INDENT.length)
      .filter((line) => line !== NOTHING)
      .map((line) => INDENT + dim(line)),
  );
  const whole = rows.flatMap((row, at) => [row, ...(reasons[at] ?? [])]);
  return [bold(titles), INDENT + bold(REASON), ...whole].join('\n');
}

/** The user or the reason in a few lines of so many columns. */
function reasonLines(entry: Entry, columns: number): string[] {
  const lines = wrapAnsi(reasonOf(entry), columns, { hard: true }).split('\n');
  if (lines.length <= MAX_REASON_LINES) return lines;
  const last = MAX_REASON_LINES - 1;
  const ending = entry.outcome?.isEvent ? CUT_EVENT : CUT;
  return [...lines.slice(0, last), shortened(lines.slice(last).join(' '), columns, ending)];
}

/** How far the lines are, of which there are `total`. */
export function statusOf(counts: ReturnType<Ledger['counts']>, total: number): string {
  const { sent, completed, deadLettered, waiting } = counts;
  if (sent === 0) return `Sending ${requests(total)}`;
  const codes = [...new Set(waiting)].join(', ');
  return [
    `${amount(sent)} sent`,
    `${amount(completed)} completed`,
    `${amount(deadLettered)} dead-lettered`,
    `${amount(waiting.length)} waiting for a retry${codes && `: ${codes}`}`,
  ].join(' · ');
}

/** What became of the requests in this time, and, where one was retried, that delays are shorter here by a factor. */
export function summaryOf(entries: readonly Entry[], elapsedMs: number, delaysShortened: number): string {
  const countOf = (kind: string) =>
    entries.filter(({ outcome }) => (outcome?.result ?? OPEN) === kind).length;
  const told = ['created', 'existing', 'dead-lettered', OPEN].map((kind) => [countOf(kind), kind] as const);
  const happened = told.filter(([count]) => count > 0).map(([count, kind]) => `${amount(count)} ${kind}`);
  const summary = `${requests(entries.length)} in ${seconds(elapsedMs)}: ${happened.join(', ')}.`;
  if (!entries.some(wasRetried)) return summary;
  return `${summary}
Delays between attempts are ${amount(delaysShortened)} times shorter here, but at least 1 s;
in AWS a throttled request waits for half a minute or longer.`;
}

function wasRetried({ outcome, waitsFor }: Entry): boolean {
  return waitsFor !== undefined || (outcome?.attempts ?? 1) > 1;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${amount(count)} requests`;
}

function cellsOf(
  { number, facts, shownId = NOTHING, outcome, sentAt, answeredAt }: Entry,
  styled: Styled,
): Cell[] {
  return [
    { text: String(number) },
    { text: shortened(printable(shownId), MAX_REQUEST) },
    { text: shortened(printable(facts.provider ?? NOTHING), MAX_PROVIDER) },
    outcome
      ? { text: outcome.result, style: styled(looks[outcome.result]) }
      : { text: 'no outcome', style: styled('red') },
    { text: String(outcome?.attempts ?? NOTHING) },
    { text: answeredAt === undefined ? NOTHING : seconds(answeredAt - sentAt) },
  ];
}

/** The user, or what failed. */
function reasonOf({ outcome, waitsFor }: Entry): string {
  if (outcome === undefined) return waitsFor === undefined ? NOTHING : `waiting for a retry: ${waitsFor}`;
  if (outcome.result === 'dead-lettered') {
    const { code, message } = outcome;
    return printable(code === undefined ? message : `${code}: ${message}`);
  }
  const differs = outcome.differences.length > 0 ? ` (differs in ${outcome.differences.join(', ')})` : '';
  return printable(outcome.userId + differs);
}
