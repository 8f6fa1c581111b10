import { amount } from '../terminal/text.ts';

/** One line of the input, which becomes the body of one message. */
export interface RequestLine {
  /** From 1, blank lines included. */
  readonly number: number;
  readonly body: string;
}

export const ONE_A_LINE = 'Write one JSON event a line, as examples/requests.jsonl does.';

const MAX_NUMBERS = 10;

/** Several line numbers as one readable text, the many at its end only counted. */
export function lineNumbers(lines: readonly Pick<RequestLine, 'number'>[]): string {
  const [first, ...rest] = lines.slice(0, MAX_NUMBERS).map(({ number }) => number);
  const more = lines.length - MAX_NUMBERS;
  if (rest.length === 0) return `Line ${first}`;
  if (more > 0) return `Lines ${[first, ...rest].join(', ')} and ${amount(more)} more`;
  return `Lines ${[first, ...rest.slice(0, -1)].join(', ')} and ${rest.at(-1)}`;
}
