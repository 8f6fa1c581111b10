import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BACK, FORWARD, jumpIn, jumpingClock } from '../cli/chaos/clock-jumps.ts';
import { callOf, type Reply, watched } from '../cli/chaos/observations.ts';
import { FIREWALLED } from '../cli/chaos/people.ts';
import { createLag, createProviderFaults } from '../cli/chaos/provider-faults.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { serveHttp } from '../local/http-server.ts';
import { type Call, json, type Operation } from '../local/sandboxes/calls.ts';

function callFor(operation: Operation, changes: Partial<Call> = {}): Call {
  return { operation, method: 'GET', path: '/', headers: {}, body: '', ...changes };
}

describe('What calls of a provider meet', () => {
  const disturb = () => createProviderFaults({ seed: 1, provider: 'vectara', rotate: () => {} });

  test('is a firewall for each create that has its mark, and for no other', () => {
    const create = disturb();
    const marked = callFor('create', { body: JSON.stringify({ description: FIREWALLED }) });
    for (let calls = 0; calls < 50; calls += 1) {
      expect(create(marked)).toMatchObject({ fault: { applied: false, reply: { status: 403 } } });
      expect(create(callFor('create')).fault).not.toMatchObject({ reply: { status: 403 } });
    }
  });

  test('is a router that answers twenty calls in a row, but not those for tokens', () => {
    const routed = disturb();
    const isLost = (operation: Operation) => routed(callFor(operation)).kind === '404 of a router';
    let before = 0;
    while (!isLost('get')) before += 1;
    expect(before).toBeLessThan(60);
    const operations = ['create', 'list', 'token', 'get'] as const;
    const next = Array.from({ length: 28 }, (_, index) => operations[index % 4] ?? 'get');
    const lost = next.map((operation) => operation !== 'token' && isLost(operation));
    expect(lost.filter((is) => is)).toHaveLength(19);
    expect(lost.slice(0, 3)).toEqual([true, true, false]);
  });

  test('is a lag of some of the new users', () => {
    let told = 0;
    const lagMs = createLag(1, 'vectara', () => {
      told += 1;
    });
    const lags = Array.from({ length: 1_000 }, lagMs).filter((ms) => ms > 0);
    expect(lags).toHaveLength(told);
    expect(told).toBeGreaterThan(150);
    expect(told).toBeLessThan(250);
  });
});

describe('What the caller of a provider gets', () => {
  test('is seen and not changed', () => {
    const seen: Reply[] = [];
    const see = (reply: Reply) => void seen.push(reply);
    const own = json(200, { state: 'CREATING' });
    const undisturbed = watched(undefined, see).reply;
    expect(typeof undisturbed === 'function' && undisturbed(own)).toBe(own);
    const changed = watched({ applied: true, reply: () => json(201, {}) }, see).reply;
    expect(typeof changed === 'function' && changed(own)).toEqual(json(201, {}));
    const cut = { applied: false, reply: 'reset' } as const;
    expect(watched(cut, see)).toBe(cut);
    expect(seen).toEqual([
      { answer: own, isOwn: true, isPending: true },
      { answer: json(201, {}), isOwn: true, isPending: false },
      { answer: 'reset', isOwn: false, isPending: false },
    ]);
  });

  test.each<[string, Partial<Call>, Reply['answer'], object]>([
    [
      'a create',
      { body: '{"email":"ada.u7@example.com"}' },
      json(201, {}),
      { person: 7, answer: 201, mayBeRepeated: false },
    ],
    ['a look-up', { path: '/v2/users/ada-u7' }, json(401, {}), { person: 7, mayBeRepeated: true }],
    [
      'a first page',
      { path: '/v2/users?limit=100' },
      json(200, {}),
      { person: undefined, isLaterPage: false },
    ],
    ['a later page', { path: '/v2/users?limit=100&page_key=x' }, json(200, {}), { isLaterPage: true }],
    ['a first page by name', { path: '/users?pageSize=9&pageToken=' }, json(200, {}), { isLaterPage: false }],
    ['a call that was cut', {}, 'reset', { answer: 'reset', mayBeRepeated: true }],
  ])('is noted with whom %s is about', (_, call, answer, noted) => {
    const reply = { answer, isOwn: true, isPending: false };
    expect(callOf('vectara', callFor('get', call), reply)).toMatchObject(noted);
  });

  test.each([
    ['/v1/accounts/acme/users?pageSize=200', true],
    ['/v1/accounts/acme/users?pageSize=200&filter=email%3D%22ada%40example.com%22', false],
  ])('goes on with a search of Fireworks: %s, %s', (path, goesOn) => {
    const reply = { answer: json(200, {}), isOwn: true, isPending: false };
    expect(callOf('fireworks', callFor('list', { path }), reply).isLaterPage).toBe(goesOn);
  });

  test('is a reason to ask again where the user is not ready', () => {
    const reply = { answer: json(200, {}), isOwn: true, isPending: true };
    expect(callOf('fireworks', callFor('get'), reply).mayBeRepeated).toBe(true);
  });
});

describe('A wall clock that jumps', () => {
  const script = `
    import { get } from 'node:http';
    const call = (path) => new Promise((resolve) => get('http://' + process.env.HOST + path, (answer) => {
      answer.resume().once('end', resolve);
    }));
    const startedAt = performance.timeOrigin;
    const minutesAhead = () => [Date.now(), new Date().getTime(), Date.parse(new Date().toISOString())]
      .map((now) => Math.round((now - startedAt) / 60_000));
    for (const path of ['/a', '/b', '/c', '/2018-06-01/runtime/invocation/x/response', '/2018-06-01/runtime/invocation/next', '/d']) {
      await call(path);
      console.log(JSON.stringify([path, ...minutesAhead()]));
    }
    console.log(JSON.stringify([new Date(0).getTime(), new Date() instanceof Date, typeof Date()]));
  `;

  test('is ahead or behind from a call on until the next invocation', async () => {
    const { host, close } = await serveHttp(async (_, response) => void response.end());
    onTestFinished(close);
    const CLOCK_JUMPS = JSON.stringify({ everyCalls: 2, jumpsMs: [300_000, -120_000] });
    const { NODE_OPTIONS } = jumpingClock(1);
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: { HOST: host, CLOCK_JUMPS, NODE_OPTIONS },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = (await text(child.stdout)).trim().split('\n').map(parseJson);
    expect(lines.filter(isObject).map(jumpIn)).toEqual([FORWARD, BACK]);
    expect(lines.filter((line) => !isObject(line))).toEqual([
      ['/a', 0, 0, 0],
      ['/b', 5, 5, 5],
      ['/c', 5, 5, 5],
      ['/2018-06-01/runtime/invocation/x/response', 5, 5, 5],
      ['/2018-06-01/runtime/invocation/next', 0, 0, 0],
      ['/d', -2, -2, -2],
      [0, true, 'string'],
    ]);
  });

  test('is the same for the same seed, and jumps by minutes either way', () => {
    expect(jumpingClock(1)).toEqual(jumpingClock(1));
    expect(jumpingClock(1)).not.toEqual(jumpingClock(2));
    const { jumpsMs } = JSON.parse(String(jumpingClock(1).CLOCK_JUMPS));
    expect(jumpsMs.slice(0, 2).map(Math.sign)).toEqual([1, -1]);
    expect(jumpIn({ message: 'connection paused' })).toBeUndefined();
  });
});
