import type { Readable, Transform } from 'node:stream';

/** Enough for the largest page of users, too little to exhaust the memory of a function. */
export const MAX_ANSWER_BYTES = 4 * 1_048_576;

/** As in curl; each costs the time of up to `MAX_ANSWER_BYTES`. */
const MOST_CODINGS = 5;

/**
 * The text of an answer, cut at `MAX_ANSWER_BYTES` and without a byte order mark; empty where it is coded in a way
 * that cannot be undone. Rejects where it ends too early.
 */
export async function readText(answer: Readable, contentEncoding = ''): Promise<string> {
  const bytes = await readBytes(answer);
  const text = (contentEncoding === '' ? bytes : await decode(bytes, codingsOf(contentEncoding))).toString();
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** In the order in which they are to be undone: https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
function codingsOf(contentEncoding: string): string[] {
  return contentEncoding
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
    .reverse();
}

async function decode(bytes: Buffer, [coding, ...others]: readonly string[]): Promise<Buffer> {
  // Many a server names its coding where there is no body at all.
  if (coding === undefined || bytes.length === 0) return bytes;
  const decoder = others.length < MOST_CODINGS ? decoderOf(coding, bytes) : undefined;
  if (decoder === undefined) return NOTHING;
  const decoded = await readBytes(decoder.end(bytes)).catch((error) => {
    if (error.code === ENDS_TOO_EARLY) throw error;
    return NOTHING;
  });
  return decode(decoded, others);
}

const NOTHING = Buffer.alloc(0);
const ENDS_TOO_EARLY = 'Z_BUF_ERROR';

function decoderOf(coding: string, bytes: Buffer): Transform | undefined {
  // Nobody has asked for a coding, so zlib is not loaded before there is one.
  const zlib = process.getBuiltinModule('node:zlib');
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'deflate':
      return hasZlibHeader(bytes) ? zlib.createInflate() : zlib.createInflateRaw();
    case 'br':
      return zlib.createBrotliDecompress();
    default:
      return undefined;
  }
}

/** Some leave it out of `deflate`, against https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.2 */
function hasZlibHeader(bytes: Buffer): boolean {
  return bytes.length >= 2 && bytes.readUInt8() % 16 === 8 && bytes.readUInt16BE() % 31 === 0;
}

function readBytes(source: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const bytes = () => Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES);
  return new Promise((resolve, reject) => {
    source.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.byteLength;
      if (length <= MAX_ANSWER_BYTES) return;
      resolve(bytes());
      source.destroy();
    });
    source.on('end', () => resolve(bytes()));
    source.on('error', reject);
    source.on('close', () => {
      if (!source.readableEnded) reject(new Error('The connection was closed before the end of the answer'));
    });
  });
}
