import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { InputError } from '../terminal/arguments.ts';

/** A request as it stands in a file, with the number of its line. */
export interface RequestLine {
  readonly number: number;
  readonly body: string;
}

/** The lines of a file that are not blank; `-` is standard input. */
export async function readRequestLines(file: string): Promise<RequestLine[]> {
  const lines: RequestLine[] = [];
  let number = 0;
  try {
    const input = file === '-' ? process.stdin : createReadStream(file, 'utf8');
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() !== '') lines.push({ number, body: line });
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`${file} cannot be read: ${why}`);
  }
  if (lines.length === 0)
    throw new InputError(
      `There is no request in ${file === '-' ? 'standard input' : file}: write one event a line.`,
    );
  return lines;
}
