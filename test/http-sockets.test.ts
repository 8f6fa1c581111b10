import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createHttp, type Http, type HttpCall } from '../lib/calls/http.ts';
import { createSockets } from '../lib/calls/sockets.ts';
import { systemClock } from '../lib/clock.ts';
import { clockOf } from './clocks.ts';
import { listening } from './listening.ts';

type Death = 'reset' | 'closed' | 'silent';

/** A server that counts, and whose connections can be made to die at their next request. */
async function serve({ keepAliveTimeout = 60_000 } = {}) {
  const server = createServer({ keepAliveTimeout });
  const served = new Set<Socket>();
  let death: Death = 'reset';
  let isDoomed = (_: Socket) => false;
  const seen = { connections: 0, lost: 0, answered: 0 };
  let hold = false;
  const held: (() => void)[] = [];
  server.on('connection', () => {
    seen.connections += 1;
  });
  server.on('request', ({ socket }, response) => {
    if (isDoomed(socket)) {
      seen.lost += 1;
      if (death === 'reset') socket.resetAndDestroy();
      if (death === 'closed') socket.destroy();
      return;
    }
    served.add(socket);
    const answer = () => {
      seen.answered += 1;
      response.end('{}');
    };
    if (hold) held.push(answer);
    else answer();
  });
  const url = `http://127.0.0.1:${await listening(server)}/users`;

  return {
    url,
    seen,
    /** Makes so many calls at once that each needs a connection of its own; all are kept. */
    async warmUp(http: Http, count: number) {
      hold = true;
      const calls = Array.from({ length: count }, () => http(get(url)));
      await vi.waitUntil(() => held.length === count);
      hold = false;
      for (const answer of held.splice(0)) answer();
      await Promise.all(calls);
      expect(seen.connections).toBe(count);
    },
    /** From now on a connection that has served before this, or else any, dies like this at its next request. */
    doom(how: Death, { newOnes = false } = {}) {
      const old = new Set(served);
      death = how;
      isDoomed = (socket) => newOnes || old.has(socket);
    },
  };
}

const get = (url: string): HttpCall => ({ method: 'GET', url, headers: {}, timeoutMs: 5_000 });
const post = (url: string): HttpCall => ({ ...get(url), method: 'POST', body: '{}' });

describe('A connection that is kept', () => {
  test.each([
    ['has idled for five seconds is used again', 5_000, 1],
    ['has idled for longer is not', 5_001, 2],
    ['has idled since a time that is yet to come is not', -1, 2],
  ])('and %s', async (_, idleMs, connections) => {
    const { url, seen } = await serve();
    let now = Date.now();
    const http = createHttp(2, clockOf({ now: () => now }));
    await http(post(url));
    now += idleMs;
    await http(post(url));
    expect(seen).toEqual({ connections, lost: 0, answered: 2 });
  });

  test('is not used for as long where the server has announced that it waits less', async () => {
    const { url, seen } = await serve({ keepAliveTimeout: 3_000 });
    let now = 0;
    const http = createHttp(1, clockOf({ now: () => now }));
    await http(post(url));
    now = 2_000;
    await http(post(url));
    now = 4_001;
    await http(post(url));
    expect(seen.connections).toBe(2);
  });

  test('is closed where it is too old, and a younger one is used instead', async () => {
    const { url, seen, warmUp } = await serve();
    let now = 0;
    const http = createHttp(3, clockOf({ now: () => now }));
    await warmUp(http, 3);
    now = 4_000;
    await http(post(url));
    now = 8_000;
    await Promise.all([http(post(url)), http(post(url))]);
    expect(seen.connections).toBe(4);
  });
});

describe('Where all connections that were kept are dead', () => {
  test.each(['reset', 'closed'] as const)('(%s) one GET is sent again, over a new one', async (death) => {
    const { url, seen, warmUp, doom } = await serve();
    const http = createHttp(6, systemClock);
    await warmUp(http, 6);
    doom(death);
    expect(await http(get(url))).toMatchObject({ status: 200 });
    expect(seen).toEqual({ connections: 7, lost: 1, answered: 7 });
  });

  test.each(['reset', 'closed'] as const)(
    '(%s) one POST is lost, and the next goes over a new one',
    async (death) => {
      const { url, seen, warmUp, doom } = await serve();
      const http = createHttp(6, systemClock);
      await warmUp(http, 6);
      doom(death);
      await expect(http(post(url))).rejects.toMatchObject({
        ...{ reason: 'reset', connection: 'kept', code: 'ECONNRESET' },
      });
      for (let index = 0; index < 3; index++) await http(post(url));
      expect(seen).toEqual({ connections: 7, lost: 1, answered: 9 });
    },
  );

  test('six POSTs at once lose one try each, and no more', async () => {
    const { url, seen, warmUp, doom } = await serve();
    const http = createHttp(6, systemClock);
    await warmUp(http, 6);
    doom('reset');
    const lost = await Promise.allSettled(Array.from({ length: 6 }, () => http(post(url))));
    expect(lost.map(({ status }) => status)).toEqual(Array(6).fill('rejected'));
    await Promise.all(Array.from({ length: 6 }, () => http(post(url))));
    expect(seen).toEqual({ connections: 12, lost: 6, answered: 12 });
  });

  test('and silent, one call is lost, and the next goes over a new one', async () => {
    const { url, seen, warmUp, doom } = await serve();
    const http = createHttp(6, systemClock);
    await warmUp(http, 6);
    doom('silent');
    await expect(http({ ...get(url), timeoutMs: 100 })).rejects.toMatchObject({
      ...{ reason: 'timed out', connection: 'kept', code: 'ESOCKETTIMEDOUT' },
    });
    await http(post(url));
    expect(seen).toEqual({ connections: 7, lost: 1, answered: 7 });
  });

  test('a GET that is lost over a new one too is not sent again', async () => {
    const { url, seen, warmUp, doom } = await serve();
    const http = createHttp(6, systemClock);
    await warmUp(http, 6);
    doom('reset', { newOnes: true });
    await expect(http(get(url))).rejects.toMatchObject({ reason: 'reset', connection: 'new' });
    expect(seen).toEqual({ connections: 7, lost: 2, answered: 6 });
  });
});

test('Each address of a name is tried for two seconds', async () => {
  const { url } = await serve();
  const request = createSockets(1, systemClock).request(url, {}).end();
  await once(request, 'response');
  expect(request).toMatchObject({ agent: { options: { autoSelectFamilyAttemptTimeout: 2_000 } } });
});
