import { createServer } from 'node:http';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MAX_ANSWER_BYTES } from '../lib/calls/body.ts';
import { createHttp } from '../lib/calls/http.ts';
import { systemClock } from '../lib/clock.ts';
import { listening } from './listening.ts';

const TEXT = '{"text":"ä🎉"}';

/** What a call gets from a server that answers with these bytes in this coding. */
async function answerOf(body: string | Buffer, coding?: string, status = 200) {
  const server = createServer((_, response) => {
    response.writeHead(status, coding === undefined ? {} : { 'content-encoding': coding }).end(body);
  });
  const url = `http://127.0.0.1:${await listening(server)}/`;
  return createHttp(1, systemClock)({ method: 'GET', url, headers: {}, timeoutMs: 5_000 });
}

describe('An answer that is coded although nobody asked for it', () => {
  test.each([
    ['gzip', gzipSync(TEXT)],
    ['GZip', gzipSync(TEXT)],
    ['x-gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['identity', Buffer.from(TEXT)],
    ['', Buffer.from(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT))],
    [' deflate ,identity,, x-gzip', gzipSync(deflateSync(TEXT))],
    ['gzip,gzip,gzip,gzip,gzip', [1, 2, 3, 4, 5].reduce((bytes) => gzipSync(bytes), Buffer.from(TEXT))],
  ])('as %j is decoded', async (coding, bytes) => {
    expect(await answerOf(bytes, coding)).toMatchObject({ status: 200, body: TEXT });
  });

  test.each([200, 404, 503])('keeps its status of %i', async (status) => {
    expect(await answerOf(gzipSync(TEXT), 'gzip', status)).toMatchObject({ status, body: TEXT });
  });

  test.each([
    ['gzip', 'nonsense'],
    ['gzip', TEXT],
    ['br', 'nonsense and more of it'],
    ['deflate', 'nonsense'],
    ['gzip', brotliCompressSync(TEXT)],
    ['gzip, gzip', gzipSync(TEXT)],
    ['compress', 'nonsense'],
    ['zstd', TEXT],
    ['__proto__', TEXT],
    [
      'gzip,gzip,gzip,gzip,gzip,gzip',
      [1, 2, 3, 4, 5, 6].reduce((bytes) => gzipSync(bytes), Buffer.from(TEXT)),
    ],
  ])('as %j, which %j is not or nobody knows, has no text and keeps its status', async (coding, bytes) => {
    expect(await answerOf(bytes, coding, 409)).toMatchObject({ status: 409, body: '' });
  });

  test.each(['gzip', 'br', 'deflate', 'unknown'])('as %j and has no body at all is empty', async (coding) => {
    expect(await answerOf('', coding, 404)).toMatchObject({ status: 404, body: '' });
  });

  test.each([
    ['gzip', gzipSync(TEXT)],
    ['deflate', deflateSync(TEXT)],
    ['deflate', deflateRawSync(TEXT)],
    ['br', brotliCompressSync(TEXT)],
    ['gzip, br', brotliCompressSync(gzipSync(TEXT).subarray(0, -9))],
  ])('as %j and ends too early has broken off', async (coding, bytes) => {
    await expect(
      answerOf(coding === 'gzip, br' ? bytes : bytes.subarray(0, -3), coding),
    ).rejects.toMatchObject({
      ...{ reason: 'broken off', connection: 'new', code: 'Z_BUF_ERROR' },
    });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ])('as %j is decoded no further than to the limit', async (coding, encode) => {
    const bomb = encode(Buffer.alloc(4 * MAX_ANSWER_BYTES, 'x'));
    // Whoever goes on to the end finds that it is missing.
    const { body } = await answerOf(bomb.subarray(0, -3), coding);
    expect(body === 'x'.repeat(MAX_ANSWER_BYTES)).toBe(true);
  });

  test('is whole where what it decodes to just fits', async () => {
    const { body } = await answerOf(gzipSync(Buffer.alloc(MAX_ANSWER_BYTES, 'x')), 'gzip');
    expect(body).toHaveLength(MAX_ANSWER_BYTES);
  });
});

describe('A byte order mark', () => {
  test('is taken off, once and only in front', async () => {
    expect((await answerOf(`\uFEFF${TEXT}`)).body).toBe(TEXT);
    expect((await answerOf(gzipSync(`\uFEFF${TEXT}`), 'gzip')).body).toBe(TEXT);
    expect((await answerOf(`\uFEFF\uFEFF{}\uFEFF`)).body).toBe('\uFEFF{}\uFEFF');
    expect((await answerOf('\uFEFF')).body).toBe('');
  });
});
