import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MAX_MESSAGE_BYTES } from '../lib/events/message.ts';
import { parseJson } from '../lib/json.ts';

/** One line of the input, which becomes the body of one message. */
export interface RequestLine {
  /** From 1, blank lines included. */
  readonly number: number;
  readonly body: string;
}

export interface Requests {
  readonly lines: readonly RequestLine[];
  /** What the person should know before the requests are sent. */
  readonly warnings: readonly string[];
}

/** The input cannot be used; the message says why and what to do. */
export class InputError extends Error {}

export const STANDARD_INPUT = '-';

/** What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const REFUSED = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

const ONE_A_LINE = 'Write one JSON event a line, as examples/requests.jsonl does.';

/** Reads the requests of a file, or of standard input; fails with an `InputError` where there are none that SQS would take. */
export async function readRequests(file: string): Promise<Requests> {
  const name = file === STANDARD_INPUT ? 'Standard input' : file;
  const text = decoded(name, await (file === STANDARD_INPUT ? buffer(process.stdin) : contentOf(file)));
  const lines = text
    .split('\n')
    .map((line, index) => ({ number: index + 1, body: line.replace(/\r$/, '') }))
    .filter(({ body }) => body.trim() !== '');
  if (lines.length === 0) throw new InputError(`${name} holds no request. ${ONE_A_LINE}`);
  for (const line of lines) refuseUnsendable(name, line);
  return { lines, warnings: warningsFor(lines, text) };
}

/** Several line numbers as one readable text, the many at its end only counted. */
export function lineNumbers(lines: readonly Pick<RequestLine, 'number'>[]): string {
  const [first, ...rest] = lines.slice(0, 10).map(({ number }) => number);
  const more = lines.length - 10;
  if (rest.length === 0) return `Line ${first}`;
  if (more > 0) return `Lines ${[first, ...rest].join(', ')} and ${more} more`;
  return `Lines ${[first, ...rest.slice(0, -1)].join(', ')} and ${rest.at(-1)}`;
}

async function contentOf(file: string): Promise<Buffer> {
  const { npm_lifecycle_event, INIT_CWD = '.' } = process.env;
  // npm runs its scripts in the package's own directory, wherever the person stands.
  const path = npm_lifecycle_event === 'start' ? resolve(INIT_CWD, file) : file;
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(unreadable(file, error), { cause: error });
  }
}

function unreadable(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') {
    return `There is no file ${file}. Name a file of requests, or - for standard input; without a name it is examples/requests.jsonl.`;
  }
  if (code === 'EISDIR') return `${file} is a directory. Name a file of requests in it.`;
  if (code === 'EACCES')
    return `You have no permission to read ${file}. Change it, or pass the content on standard input.`;
  return `${file} cannot be read: ${error}`;
}

function decoded(name: string, bytes: Buffer): string {
  try {
    // Drops a byte order mark, too.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InputError(`${name} is not UTF-8 text. Save it as UTF-8 and try again.`, { cause: error });
  }
}

function refuseUnsendable(name: string, { number, body }: RequestLine): void {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_MESSAGE_BYTES) {
    const size = `${bytes.toLocaleString('en')} bytes, and SQS takes ${MAX_MESSAGE_BYTES.toLocaleString('en')}`;
    throw new InputError(`${name}, line ${number} is too large for a message: ${size}. Nothing was sent.`);
  }
  const refused = REFUSED.exec(body)?.[0].codePointAt(0);
  if (refused !== undefined) {
    const character = `U+${refused.toString(16).toUpperCase().padStart(4, '0')}`;
    throw new InputError(
      `${name}, line ${number} has a character that SQS refuses, ${character}. Remove it or write it as a JSON escape. Nothing was sent.`,
    );
  }
}

function warningsFor(lines: readonly RequestLine[], text: string): string[] {
  const broken = lines.filter(({ body }) => parseJson(body) === undefined);
  if (broken.length === 0) return [];
  const told = `${lineNumbers(broken)}: not JSON; sent as is and dead-lettered.`;
  const isOneDocument = parseJson(text) !== undefined;
  return isOneDocument ? [told, `The input as a whole is one JSON document. ${ONE_A_LINE}`] : [told];
}
