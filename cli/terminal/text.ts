import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** Text from outside as one line that cannot steer the terminal. */
export function printable(text: string): string {
  const oneLine = text.toWellFormed().replace(/[\s\u2028\u2029]+/gu, ' ');
  return oneLine.replace(/[\p{Cc}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD');
}

/** The text, cut to a number of terminal columns between two characters as a person sees them, `ending` included. */
export function shortened(text: string, columns: number, ending = '…'): string {
  if (stringWidth(text) <= columns) return text;
  const room = columns - stringWidth(ending);
  let short = '';
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(short + segment) > room) break;
    short += segment;
  }
  return short + ending;
}

/** A duration for people. */
export function seconds(ms: number): string {
  return `${amount(ms / 1000, 1)} s`;
}

/** A number for people, with a comma between thousands. */
export function amount(value: number, decimals = 0): string {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return value.toLocaleString('en', digits);
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** One cell; `style` changes its look and not its width. */
export interface Cell {
  readonly text: string;
  readonly style?: (text: string) => string;
}

/** The titles and the rows, a line each, all equally wide. */
export function tableOf(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const titles = columns.map(({ title }) => ({ text: title }));
  const widths = columns.map((_, at) =>
    [titles, ...rows].reduce((widest, row) => Math.max(widest, stringWidth(row[at]?.text ?? '')), 0),
  );
  return [titles, ...rows].map((row) =>
    row.map((cell, at) => padded(cell, widths[at] ?? 0, columns[at]?.align)).join('  '),
  );
}

function padded({ text, style = (same) => same }: Cell, width: number, align: Column['align']): string {
  const padding = ' '.repeat(width - stringWidth(text));
  return align === 'right' ? padding + style(text) : style(text) + padding;
}
