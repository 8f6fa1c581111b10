import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHttp, type HttpCall, MAX_ANSWER_BYTES } from '../lib/calls/http.ts';

/** A server on a free port of the loopback, with the connections that it has seen. */
async function serve(listener: RequestListener) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer({ keepAliveTimeout: 0 }, listener).listen(0, '127.0.0.1', resolve);
  const connections: Socket[] = [];
  server.on('connection', (socket: Socket) => connections.push(socket));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}/users?a=%2F`, connections, server };
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
    expect(await createHttp(1)(post(url))).toMatchObject({
      status: 418,
      headers: { 'x-one': 'two' },
      body: '{"text":"ä"}',
    });
  });

  test('brings a redirect as it is', async () => {
    const requests: (string | undefined)[] = [];
    const { url } = await serve(({ url: path }, response) => {
      requests.push(path);
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await createHttp(1)(post(url))).toMatchObject({ status: 302 });
    expect(requests).toEqual(['/users?a=%2F']);
  });

  test('puts together characters that arrive in parts', async () => {
    const { url } = await serve((_, response) => {
      const [one, ...rest] = Buffer.from('🎉');
      response.write(Buffer.of(one ?? 0), () => response.end(Buffer.from(rest)));
    });
    expect(await createHttp(1)(post(url))).toMatchObject({ body: '🎉' });
  });
});

describe('Connections', () => {
  test('are used again', async () => {
    const { url, connections } = await serve((_, response) => response.end('{}'));
    const http = createHttp(5);
    for (let index = 0; index < 5; index++) await http(post(url));
    expect(connections).toHaveLength(1);
  });

  test('are used again after an answer that nobody could read', async () => {
    const { url, connections } = await serve((_, response) => response.writeHead(500).end('<html>'));
    const http = createHttp(5);
    await http(post(url));
    await http(post(url));
    expect(connections).toHaveLength(1);
  });

  test('are no more than allowed, and further calls wait', async () => {
    const open: ServerResponse[] = [];
    const { url, connections } = await serve((_, response) => open.push(response));
    const http = createHttp(3);
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
  test('was refused where nobody listens', async () => {
    const { url, server } = await serve((_, response) => response.end());
    server.close();
    await expect(createHttp(1)(post(url))).rejects.toMatchObject({
      ...{ name: 'NoAnswer', message: 'The call was refused', reason: 'refused' },
      cause: { code: 'ECONNREFUSED' },
    });
  });

  test('was refused where the server has no address', async () => {
    // No part of a host name may be longer than 63 characters, so nobody has to be asked.
    const url = `http://${'x'.repeat(64)}.invalid/`;
    await expect(createHttp(1)(post(url))).rejects.toMatchObject({ reason: 'refused' });
  });

  test('was reset where the connection is cut, and is not sent again', async () => {
    let requests = 0;
    const { url } = await serve((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    await expect(createHttp(1)(post(url))).rejects.toMatchObject({ reason: 'reset' });
    expect(requests).toBe(1);
  });

  test('was reset where a connection that was kept is cut, and is not sent again', async () => {
    let requests = 0;
    const { url } = await serve((request, response) => {
      requests += 1;
      if (requests === 1) response.end('{}');
      else request.socket.destroy();
    });
    const http = createHttp(1);
    await http(post(url));
    await expect(http(post(url))).rejects.toMatchObject({ reason: 'reset' });
    expect(requests).toBe(2);
  });

  test('was reset where the answer is no HTTP', async () => {
    const { url } = await serve((request) => request.socket.end('SSH-2.0-nonsense\r\n'));
    await expect(createHttp(1)(post(url))).rejects.toMatchObject({ reason: 'reset' });
  });

  test('was reset where the server would rather speak something else', async () => {
    const { url, connections } = await serve((request) => {
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    });
    await expect(createHttp(1)(post(url))).rejects.toMatchObject({ reason: 'reset' });
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test.each(['content-length', 'transfer-encoding'])(
    'broke off where the body ends before its %s says',
    async (framing) => {
      const { url } = await serve((_, response) => {
        if (framing === 'content-length') response.setHeader('content-length', 100);
        response.write('{"id":', () => response.destroy());
      });
      await expect(createHttp(1)(post(url))).rejects.toMatchObject({ reason: 'broken off' });
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
    await expect(createHttp(1)(post(url, { timeoutMs: 100 }))).rejects.toMatchObject({ reason: 'timed out' });
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test('timed out where it had to wait for a connection', async () => {
    const { url } = await serve(() => {});
    const http = createHttp(1);
    const calls = [post(url, { timeoutMs: 200 }), post(url, { timeoutMs: 100 })].map((call) => http(call));
    const reasons = (await Promise.allSettled(calls)).map(
      (call) => call.status === 'rejected' && call.reason,
    );
    expect(reasons).toMatchObject([{ reason: 'timed out' }, { reason: 'timed out' }]);
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
    const { body } = await createHttp(1)(post(url));
    expect(body).toBe('x'.repeat(MAX_ANSWER_BYTES));
    await vi.waitUntil(() => connections.every(({ destroyed }) => destroyed));
  });

  test('is whole where it just fits', async () => {
    const { url } = await serve((_, response) => response.end('x'.repeat(MAX_ANSWER_BYTES)));
    expect((await createHttp(1)(post(url))).body).toHaveLength(MAX_ANSWER_BYTES);
  });
});
