import { styleText } from 'node:util';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Entry, Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import { type Cell, type Column, printable, seconds, shortened, tableOf } from './text.ts';

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
  const reasons = entries.map(({ outcome }) => reasonOf(outcome));
  const room = columns - stringWidth(titles) - GAP.length;
  const bold = styled('bold');
  if (room >= LEAST_REASON) {
    const hanging = `\n${' '.repeat(columns - room)}`;
    const whole = rows.map((row, at) => row + GAP + wrapped(reasons[at], room).join(hanging));
    return [bold(`${titles}${GAP}Reason`), ...whole].join('\n');
  }
  const dim = styled('dim');
  const below = (reason?: string) =>
    wrapped(reason, columns - INDENT.length).map((line) => INDENT + dim(line));
  return [bold(titles), ...rows.flatMap((row, at) => [row, ...below(reasons[at])])].join('\n');
}

/** The reason in a few lines of so many columns. */
function wrapped(reason = '', columns: number): string[] {
  const lines = wrapAnsi(reason, columns, { hard: true }).split('\n');
  if (lines.length <= MAX_REASON_LINES) return lines;
  const last = MAX_REASON_LINES - 1;
  return [...lines.slice(0, last), shortened(lines.slice(last).join(' '), columns)];
}

/** How far the lines are, of which there are `total`. */
export function statusOf(counts: ReturnType<Ledger['counts']>, total: number): string {
  const { sent, completed, deadLettered, waiting } = counts;
  if (sent === 0) return `Sending ${requests(total)}`;
  return `${sent} sent · ${completed} completed · ${deadLettered} dead-lettered · ${waiting} waiting for a retry`;
}

/** How many requests there were, what became of them, and that delays are shorter here by the given factor. */
export function summaryOf(entries: readonly Entry[], delaysShortened: number): string {
  const countOf = (kind: string) =>
    entries.filter(({ outcome }) => (outcome?.result ?? OPEN) === kind).length;
  const told = ['created', 'existing', 'dead-lettered', OPEN].map((kind) => [countOf(kind), kind] as const);
  const happened = told.filter(([count]) => count > 0).map(([count, kind]) => `${count} ${kind}`);
  const lastAt = entries.reduce((last, { answeredAt = 0 }) => Math.max(last, answeredAt), 0);
  return `${requests(entries.length)} in ${seconds(lastAt - (entries[0]?.sentAt ?? 0))}: ${happened.join(', ')}.
Delays between attempts are ${delaysShortened.toLocaleString('en')} times shorter here, but at least 1 s;
in AWS a throttled request waits for half a minute or longer.`;
}

function requests(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function cellsOf({ number, facts, outcome, sentAt, answeredAt }: Entry, styled: Styled): Cell[] {
  return [
    { text: String(number) },
    { text: shortened(printable(facts.id ?? NOTHING), MAX_REQUEST) },
    { text: shortened(printable(facts.provider ?? NOTHING), MAX_PROVIDER) },
    outcome
      ? { text: outcome.result, style: styled(looks[outcome.result]) }
      : { text: 'no outcome', style: styled('red') },
    { text: String(outcome?.attempts ?? NOTHING) },
    { text: answeredAt === undefined ? NOTHING : seconds(answeredAt - sentAt) },
  ];
}

/** The user, or what failed. */
function reasonOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return NOTHING;
  if (outcome.result === 'dead-lettered') {
    const { code, message } = outcome;
    return printable(code === undefined ? message : `${code}: ${message}`);
  }
  const differs = outcome.differences.length > 0 ? ` (differs in ${outcome.differences.join(', ')})` : '';
  return printable(outcome.userId + differs);
}
