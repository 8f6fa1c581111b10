import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { MAX_MESSAGE_BYTES } from '../../lib/events/message.ts';
import { isObject, parseJson } from '../../lib/json.ts';
import { InputError } from '../terminal/arguments.ts';
import { amount } from '../terminal/text.ts';
import { ONE_A_LINE, type RequestLine } from './request-lines.ts';
import { warningsFor } from './request-warnings.ts';

export interface Requests {
  readonly lines: readonly RequestLine[];
  /** What the person should know before the requests are sent. */
  readonly warnings: readonly string[];
}

export const STANDARD_INPUT = '-';

/** What SQS takes: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const REFUSED = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

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
  if (!lines.some(isEvent)) refuseDocument(name, text, lines.length);
  return { lines, warnings: warningsFor(lines, text) };
}

async function contentOf(file: string): Promise<Buffer> {
  if (file === '') {
    throw new InputError('FILE is empty text. Name a file of requests, or - for standard input.');
  }
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
    const size = `${amount(bytes)} bytes, and SQS takes ${amount(MAX_MESSAGE_BYTES)}`;
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

function isEvent({ body }: RequestLine): boolean {
  return isObject(parseJson(body));
}

/** A document written over several lines would be sent in pieces, none of which is an event. */
function refuseDocument(name: string, text: string, count: number): void {
  const whole = parseJson(text);
  if (whole === undefined || count === 1) return;
  const [what, filter] = Array.isArray(whole) ? ['each element', "'.[]'"] : ['it', '.'];
  throw new InputError(
    `${name} is one JSON document over ${amount(count)} lines. Write ${what} on one line, as \`jq -c ${filter}\` does. Nothing was sent.`,
  );
}
