import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { MAX_ANSWER_BYTES } from '../lib/calls/body.ts';
import { createHttp, type HttpCall } from '../lib/calls/http.ts';
import { systemClock } from '../lib/clock.ts';
import manifest from '../package.json' with { type: 'json' };
import { listening } from './listening.ts';

/** A server on a free port of the loopback, with the connections that it has seen. */
async function serve(listener: RequestListener) {
  const server = createServer({ keepAliveTimeout: 0 }, listener);
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => connections.push(socket));
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}/users?a=%2F`, connections, server };
}

const post = (url: string, more: Partial<HttpCall> = {}): HttpCall => ({
  method: 'POST',
  url,
  headers: {},
  body: '{"text":"ä"}',
  timeoutMs: 5_000,
  ...more,
});

describe('A call', () => {
  test('brings the status, the headers and the text of the answer', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(418, { 'x-one': 'two' });
      request.pipe(response);
    });
    expect(await createHttp(1, systemClock)(post(url))).toMatchObject({
      status: 418,
      headers: { 'x-one': 'two' },
      body: '{"text":"ä"}',
    });
  });

  test('says who calls, and asks for an answer that is not coded', async () => {
    const { url } = await serve(({ headers }, response) => response.end(JSON.stringify(headers)));
    const { body } = await createHttp(1, systemClock)(post(url, { headers: { authorization: 'Bearer x' } }));
    expect(JSON.parse(body)).toMatchObject({
      'user-agent': `usher/${manifest.version}`,
      'accept-encoding': 'identity',
      authorization: 'Bearer x',
    });
  });

  test.each([999, 600])('brings the status %i as it is', async (status) => {
    const { url } = await serve(({ socket }) =>
      socket.end(`HTTP/1.1 ${status} Odd\r\ncontent-length: 0\r\n\r\n`),
    );
    expect(await createHttp(1, systemClock)(post(url))).toMatchObject({ status, body: '' });
  });

  test('brings a redirect as it is', async () => {
    const requests: (string | undefined)[] = [];
    const { url } = await serve(({ url: path }, response) => {
      requests.push(path);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await createHttp(1, systemClock)(post(url))).toMatchObject({ status: 302 });
    expect(requests).toEqual(['/users?a=%2F']);
  });

  test('puts together characters that arrive in parts', async () => {
    const { url } = await serve((_, response) => {
      const [one, ...rest] = Buffer.from('🎉');
      response.write(Buffer.of(one ?? 0), () => response.end(Buffer.from(rest)));
    });
    expect(await createHttp(1, systemClock)(post(url))).toMatchObject({ body: '🎉' });
  });
});

describe('Connections', () => {
  test('are used again', async () => {
    const { url, connections } = await serve((_, response) => response.end('{}'));
    const http = createHttp(5, systemClock);
    for (let index = 0; index < 5; index++) await http(post(url));
    expect(connections).toHaveLength(1);
  });

  test('are used again after an answer that nobody could read', async () => {
    const { url, connections } = await serve((_, response) => response.writeHead(500).end('<html>'));
    const http = createHttp(5, systemClock);
    await http(post(url));
    await http(post(url));
    expect(connections).toHaveLength(1);
  });

  test('are no more than allowed, and further calls wait', async () => {
    const open: ServerResponse[] = [];
    const { url, connections } = await serve((_, response) => open.push(response));
    const http = createHttp(3, systemClock);
    const calls = Array.from({ length: 10 }, () => http(post(url)));
    for (let answered = 0; answered < 10; answered++) {
      await vi.waitUntil(() => open.length > 0);
      expect(open.length).toBeLessThanOrEqual(3);
      open.shift()?.end('{}');
    }
    expect(await Promise.all(calls)).toHaveLength(10);
    expect(connections).toHaveLength(3);
  });
});

describe('A call that is not answered', () => {
  test('was not connected where nobody listens', async () => {
    const { url, server } = await serve((_, response) => response.end());
    server.close();
    await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({
      ...{ name: 'NoAnswer', message: 'no connection could be made (ECONNREFUSED)' },
      ...{ reason: 'not connected', connection: 'none', code: 'ECONNREFUSED' },
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('was not connected where the server has no address', async () => {
    // No part of a host name may be longer than 63 characters, so nobody has to be asked.
    const url = `http://${'x'.repeat(64)}.invalid/`;
    await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({
      ...{ reason: 'not connected', connection: 'none', code: 'ENOTFOUND' },
    });
  });

  test('was reset where the connection is cut, and is not sent again', async () => {
    let requests = 0;
    const { url } = await serve((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({
      ...{ message: 'the connection was reset (ECONNRESET)', reason: 'reset', connection: 'new' },
    });
    expect(requests).toBe(1);
  });

  test.each([
    ['is no HTTP', 'SSH-2.0-nonsense\r\n', 'HPE_INVALID_CONSTANT'],
    [
      'has a head of over 16 KiB',
      `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(17_000)}\r\n\r\n`,
      'HPE_HEADER_OVERFLOW',
    ],
  ])('could not be read where the answer %s', async (_, answer, code) => {
    const { url } = await serve((request) => request.socket.end(answer));
    await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({
      ...{ message: `the answer could not be read (${code})`, reason: 'unreadable', connection: 'new' },
    });
  });

  test('was reset where the server would rather speak something else', async () => {
    const { url, connections } = await serve((request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    });
    await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({ reason: 'reset' });
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test.each(['content-length', 'transfer-encoding'])(
    'broke off where the body ends before its %s says',
    async (framing) => {
      const { url } = await serve((_, response) => {
        if (framing === 'content-length') response.setHeader('content-length', 100);
        response.write('{"id":', () => response.destroy());
      });
      await expect(createHttp(1, systemClock)(post(url))).rejects.toMatchObject({ reason: 'broken off' });
    },
  );

  test.each<readonly [string, RequestListener]>([
    ['stays silent', () => {}],
    ['stops after the headers', (_, response) => response.writeHead(200).flushHeaders()],
    ['stops in the middle of the body', (_, response) => response.write('{')],
    [
      'goes on for ever',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 10);
        response.once('close', () => clearInterval(timer));
      },
    ],
  ])('timed out where the server %s, and its connection is gone', async (__, listener) => {
    const { url, connections } = await serve(listener);
    await expect(createHttp(1, systemClock)(post(url, { timeoutMs: 100 }))).rejects.toMatchObject({
      ...{ message: 'no answer came in time (ESOCKETTIMEDOUT)', reason: 'timed out', connection: 'new' },
    });
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test('timed out, and nothing was sent, where it had to wait for a connection', async () => {
    const { url } = await serve(() => {});
    const http = createHttp(1, systemClock);
    const calls = [post(url, { timeoutMs: 200 }), post(url, { timeoutMs: 100 })].map((call) => http(call));
    const reasons = (await Promise.allSettled(calls)).map(
      (call) => call.status === 'rejected' && call.reason,
    );
    expect(reasons).toMatchObject([
      { reason: 'timed out', connection: 'new' },
      { reason: 'timed out', connection: 'none', code: 'ETIMEDOUT' },
    ]);
  });
});

describe('An answer beyond the limit', () => {
  test('is cut, and its connection is closed', async () => {
    const { url, connections } = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    const { body } = await createHttp(1, systemClock)(post(url));
    expect(body).toBe('x'.repeat(MAX_ANSWER_BYTES));
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test('is whole where it just fits', async () => {
    const { url } = await serve((_, response) => response.end('x'.repeat(MAX_ANSWER_BYTES)));
    expect((await createHttp(1, systemClock)(post(url))).body).toHaveLength(MAX_ANSWER_BYTES);
  });
});
