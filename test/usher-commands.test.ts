import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as z from 'zod';
import { makeLetters } from '../cli/local/with-letters.ts';
import { shapes } from '../cli/usher/shapes.ts';
import type { Fault } from '../local/aws/faults.ts';
import { json } from '../local/sandboxes/calls.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';
import { environmentFor, type RunOptions, runUsher } from './usher-command.ts';

let usher: LocalUsher;
let folder = '';
let fault: (target: string) => Fault | undefined = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-commands-'));
  usher = await startLocalUsher({ onCall: (target) => fault(target) });
});
afterEach(() => {
  fault = () => undefined;
});
afterAll(async () => {
  await usher[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const run = (args: readonly string[], { env, ...options }: RunOptions = {}) =>
  runUsher(args, {
    env: { ...environmentFor(usher.stack.endpoint, join(folder, 'audit.jsonl')), ...env },
    ...options,
  });

/** The parsed document of `--json`, in its shape. */
async function told<Name extends keyof typeof shapes>(
  name: Name,
  args: readonly string[] = [],
): Promise<z.infer<(typeof shapes)[Name]>> {
  const { stdout, stderr } = await run([...name.split(' '), ...args, '--json']);
  expect(stdout, stderr).not.toBe('');
  return shapes[name].parse(JSON.parse(stdout)) as z.infer<(typeof shapes)[Name]>;
}

async function fileOf(name: string, ...requests: readonly object[]): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  return path;
}

const vectara = (id: string, user: object = {}) =>
  requestEvent(id, { provider: 'vectara', user: { email: `${id}@example.com`, ...user } });

describe('usher', () => {
  test('explains itself, and each of its commands with examples', async () => {
    for (const name of ['', ...Object.keys(shapes)]) {
      const { code, stdout } = await run([...name.split(' ').filter(Boolean), '--help']);
      expect(code, name).toBe(0);
      expect(stdout, name).toMatch(/\nExamples?:\n {2}(usher|pass) /);
    }
  });

  test.for([
    [['letters', '--stage', 'Not A Stage'], 2, /^--stage Not A Stage: /],
    [['letters', '--stage', 'prod'], 3, /There is no stage prod in us-east-1 of account 000000000000/],
    [['letters', '--region', 'somewhere'], 2, /"somewhere" is no region of AWS/],
    [['lettres'], 2, /unknown command 'lettres'/],
    [['letters', '--before', 'soon'], 2, /"soon" is no time/],
    [['preview'], 2, /Say either a FILE of requests or --letters/],
    [['secret', 'check', 'acme'], 2, /there is no provider "acme"; there are fireworks, vectara/],
  ] as const)('says what is wrong with %j', async ([args, code, words]) => {
    const ran = await run(args);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toMatch(words);
  });

  test('asks for a stage, and for a region, where none is told', async () => {
    expect(await run(['doctor'], { env: { USHER_STAGE: undefined } })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Say which stage/),
    });
    const env = {
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
      AWS_CONFIG_FILE: '/dev/null',
      HOME: folder,
    };
    expect(await run(['doctor'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Say which region/),
    });
  });

  test('ends with 3 where AWS says no, or nothing', async () => {
    fault = (target) =>
      target === 'GetCallerIdentity' ? { kind: 'error', name: 'ExpiredToken', status: 403 } : undefined;
    expect(await run(['letters'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('have expired: log in again'),
    });
    fault = (target) =>
      target === 'AmazonSQS.ReceiveMessage'
        ? { kind: 'error', name: 'AccessDenied', status: 403 }
        : undefined;
    expect(await run(['letters'])).toMatchObject({ code: 3, stderr: expect.stringContaining('AWS refuses') });
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' };
    expect(await run(['letters'], { env })).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('AWS cannot be reached (ECONNREFUSED)'),
    });
  });

  test('does nothing of which no audit can be kept', async () => {
    const args = ['stop', '--reason', 'x', '--confirm', '--audit-file', '/dev/null/audit.jsonl'];
    expect(await run(args)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The audit cannot be written'),
    });
    expect((await told('stop', ['--reason', 'x'])).state).toBe('on');
  });

  test('says how far it came where SQS fails in the middle', async () => {
    await makeLetters(usher.stack);
    let sends = 0;
    fault = (target) => {
      if (target !== 'AmazonSQS.SendMessageBatch') return undefined;
      sends += 1;
      return sends > 1 ? { kind: 'error', name: 'AccessDenied', status: 403 } : undefined;
    };
    const { code, stderr } = await run([
      'letters',
      'redrive',
      '--provider',
      'vectara',
      '--rate',
      '5',
      '--confirm',
    ]);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /[1-9]\d* letters had gone back by then; the same command goes on\.\n.*AWS refuses/,
    );
    fault = () => undefined;
    expect(
      await run(['letters', 'delete', '--all', '--reason', 'x', '--without-export', '--confirm']),
    ).toMatchObject({ code: 0 });
  });

  test('completes its commands for a shell', async () => {
    expect((await run(['complete', '--', 'let'])).stdout).toMatch(/^letters\t/);
    expect((await run(['complete', 'bash'])).stdout).toContain('usher');
  });
});

describe('usher doctor', () => {
  test('finds nothing wrong where nothing is, and says what it could not see', async () => {
    const { code, stdout } = await run(['doctor']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('Nothing is wrong') });
    for (const about of [
      'stack',
      'trigger of user-requested',
      'queue dead-letters',
      'alarms',
      'connection vectara/default',
    ])
      expect(stdout).toMatch(new RegExp(`^✓ ${about}: `, 'm'));
  });

  test('calls a provider by GET alone, and by one page of a list', async () => {
    const before = usher.fireworks.calls.length;
    await run(['doctor']);
    expect(
      usher.fireworks.calls.slice(before).map(({ method, operation }) => ({ method, operation })),
    ).toEqual([{ method: 'GET', operation: 'list' }]);
  });

  test('tells what it may not see, and goes on', async () => {
    fault = (target) =>
      target.startsWith('GraniteService') || target === 'secretsmanager.GetSecretValue'
        ? { kind: 'error', name: 'AccessDeniedException', status: 403 }
        : undefined;
    const { unseen, wrong, findings } = await told('doctor');
    expect({ wrong }).toEqual({ wrong: 0 });
    expect(unseen).toBeGreaterThanOrEqual(3);
    expect(findings).toContainEqual(
      expect.objectContaining({ about: 'connection fireworks/default', state: 'unseen' }),
    );
  });

  test('goes on where AWS answers nonsense to one question', async () => {
    fault = (target) =>
      target.startsWith('Logs_') ? { kind: 'error', name: 'ResourceNotFoundException' } : undefined;
    const { code, stdout } = await run(['doctor']);
    expect(code).toBe(0);
    expect(stdout).toContain('? failing invocations: AWS answers ResourceNotFoundException');
    expect(stdout).toMatch(/✓ connection vectara\/default/);
  });

  test('names a secret that no request can reach, one that is malformed and one that the provider refuses', async () => {
    const { secretsManager } = usher.stack;
    secretsManager.set('usher/acme/default', '{}');
    secretsManager.set('usher/vectara/broken', '{"apiKey": "a b"}');
    secretsManager.set('usher/vectara/refused', '{"apiKey": "nobodys"}');
    const { code, stdout } = await run(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ connection acme\/default: a secret that no request can reach/);
    expect(stdout).toMatch(/✗ connection vectara\/broken: .*has the wrong shape/);
    expect(stdout).toMatch(/✗ connection vectara\/refused: .*40[13]/);
    expect(stdout).not.toContain('nobodys');
    for (const name of ['acme/default', 'vectara/broken', 'vectara/refused'])
      secretsManager.remove(`usher/${name}`);
  });
});

describe('usher stop and start', () => {
  test('keep requests in their queue, tell why, and let them go again', async () => {
    expect(await run(['stop', '--confirm'])).toMatchObject({ code: 2 });
    expect(await told('stop', ['--reason', 'a trial'])).toMatchObject({
      isDryRun: true,
      state: 'on',
      isChanged: false,
    });
    expect(await told('stop', ['--reason', 'a trial', '--confirm'])).toMatchObject({
      state: 'off',
      isChanged: true,
    });
    const stopped = await run(['doctor']);
    expect(stopped.stdout).toMatch(/✗ trigger of user-requested: Disabl\w+: a trial \(arn:/);
    // The last poll may still take one.
    await vi.waitUntil(async () => (await run(['doctor'])).stdout.includes('Disabled: a trial'), {
      timeout: 10_000,
    });
    await usher.send(JSON.stringify(vectara('patient')));
    expect((await told('follow', ['patient'])).whereabouts).toBe('waiting');
    expect(await told('start', ['--confirm'])).toMatchObject({ state: 'on', isChanged: true });
    await vi.waitUntil(async () => (await told('follow', ['patient'])).whereabouts === 'completed', {
      timeout: 10_000,
    });
    expect(await told('start', ['--confirm'])).toMatchObject({ state: 'on', isChanged: false });
  });
});

describe('usher follow', () => {
  test('tells a completed request from one that is retried and one that was never seen', async () => {
    await usher.send(JSON.stringify(vectara('seen')));
    usher.vectara.inject(
      'create',
      {
        when: ({ body }) => body.includes('busy'),
        applied: false,
        reply: json(429, {}, { 'retry-after': '600' }),
      },
      3,
    );
    await usher.send(JSON.stringify(vectara('busy')));
    await vi.waitUntil(
      () => usher.logs.filter((line) => /"(seen|busy)"/.test(line) && line.includes('"request ')).length >= 2,
      { timeout: 10_000 },
    );

    const seen = await told('follow', ['seen']);
    expect(seen).toMatchObject({
      whereabouts: 'completed',
      unread: [{ queue: 'completions' }],
      steps: [{ event: 'request completed', receives: 1 }],
    });
    expect(await told('follow', [seen.steps[0]?.messageId ?? ''])).toMatchObject({
      whereabouts: 'completed',
    });
    expect(await told('follow', ['busy'])).toMatchObject({
      whereabouts: 'being retried',
      nextAt: expect.any(String),
      steps: [{ code: 'provider_throttled' }],
    });
    const never = await run(['follow', 'nobody']);
    expect(never).toMatchObject({
      code: expect.any(Number),
      stdout: expect.stringMatching(/never seen|waiting, or never arrived/),
    });
  });

  test('takes nobody an answer: it is there for its reader at once', async () => {
    await usher.send(JSON.stringify(vectara('answer')));
    await vi.waitUntil(async () => (await told('follow', ['answer'])).unread.length === 1, {
      timeout: 10_000,
    });
    const found: string[] = [];
    while (!found.includes('answer')) {
      for (const { body } of await usher.outcomes(1)) found.push(JSON.parse(body).causationid);
    }
  });
});

describe('usher preview', () => {
  test('says what would become of each request, by GET calls alone', async () => {
    usher.vectara.addUser({
      username: 'there@example.com',
      email: 'there@example.com',
      description: 'Somebody',
      api_roles: [],
    });
    usher.vectara.addUser({
      username: 'mighty@example.com',
      email: 'mighty@example.com',
      api_roles: ['owner'],
    });
    usher.vectara.addUser({ username: 'other', email: 'held@example.com' });
    const file = await fileOf(
      'preview.jsonl',
      vectara('new'),
      vectara('there', { description: 'Somebody else' }),
      vectara('mighty'),
      vectara('held'),
      requestEvent('wrong', { provider: 'vectara', user: { email: 'x' } }),
      requestEvent('nowhere', {
        provider: 'vectara',
        connection: 'nowhere',
        user: { email: 'x@example.com' },
      }),
    );
    const before = usher.vectara.calls.length;
    const { requests } = await told('preview', [file]);
    expect(requests.map(({ verdict, code, differences }) => ({ verdict, code, differences }))).toEqual([
      { verdict: 'create', code: undefined, differences: [] },
      { verdict: 'adopt', code: undefined, differences: ['description'] },
      { verdict: 'conflict', code: 'user_conflict', differences: ['api_roles'] },
      { verdict: 'conflict', code: 'user_conflict', differences: ['username'] },
      { verdict: 'refused', code: 'invalid_event', differences: [] },
      { verdict: 'unclear', code: 'secret_unavailable', differences: [] },
    ]);
    const calls = usher.vectara.calls.slice(before).filter(({ operation }) => operation !== 'token');
    // Requests of other tests may still be carried out meanwhile.
    const isAsked = (text: string) => /\b(new|there|mighty|held|x)(@|%40)example\.com/.test(text);
    const asked = calls.filter(({ path, body }) => isAsked(path + body)).map(({ method }) => method);
    expect(new Set(asked)).toEqual(new Set(['GET']));
    const { code, stdout } = await run(['preview', file]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      '6 requests: 1 create, 1 adopt, 2 conflict, 1 refused, 1 unclear. Nothing was changed.',
    );
  });
});

describe('usher send', () => {
  test('sends nothing without --confirm, and nothing where one would be refused', async () => {
    const file = await fileOf('send.jsonl', vectara('dry'));
    expect(await told('send', [file])).toMatchObject({
      isDryRun: true,
      requests: [{ whereabouts: 'not sent' }],
    });
    const wrong = await fileOf('wrong.jsonl', vectara('dry'), vectara('bad', { nickname: 'B' }));
    expect(await run(['send', wrong, '--confirm'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('line 2: '),
    });
    expect(usher.logs.join('')).not.toContain('"dry"');
  });

  test('waits for each by the log', async () => {
    const file = await fileOf('wait.jsonl', vectara('w1'), vectara('w2'));
    const { code, stdout } = await run(['send', file, '--wait', '--confirm']);
    expect(code).toBe(0);
    expect(stdout.match(/completed/g)).toHaveLength(2);
    const input = `${JSON.stringify(vectara('w3'))}\n`;
    expect(await run(['send', '-', '--confirm'], { input })).toMatchObject({ code: 0 });
  });
});

describe('usher secret', () => {
  test('writes nothing of the wrong shape, and nothing that the provider refuses', async () => {
    const { secretsManager, endpoint } = usher.stack;
    expect(endpoint).toContain('127.0.0.1');
    const before = secretsManager.calls('PutSecretValue');
    const malformed = await run(['secret', 'put', 'vectara/default', '-', '--confirm'], {
      input: '{"apiKey": "c4n4ry with spaces"}',
    });
    expect(malformed).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'Nothing was written. The secret usher/vectara/default has the wrong shape: ',
      ),
    });
    const refused = await run(['secret', 'put', 'vectara/default', '-', '--confirm'], {
      input: '{"apiKey": "c4n4ry"}',
    });
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(malformed.stderr + refused.stderr).not.toContain('c4n4ry');
    expect(secretsManager.calls('PutSecretValue')).toBe(before);
  });

  test('makes a secret for a new connection, which works at once', async () => {
    const input = usher.vectara.secret;
    expect(await run(['secret', 'put', 'vectara/fresh', '-'], { input })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('dry run'),
    });
    expect(await run(['secret', 'put', 'vectara/fresh', '-', '--confirm'], { input })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('usher/vectara/fresh is made.'),
    });
    expect(await told('secret check', ['vectara/fresh'])).toMatchObject({
      connections: [{ connection: 'vectara/fresh', result: 'works' }],
    });
    expect(await readFile(join(folder, 'audit.jsonl'), 'utf8')).toContain('"action":"secret put"');
  });

  test('does not write what could not be tried, unless it is told to', async () => {
    usher.fireworks.inject('list', { applied: false, reply: json(503, {}) }, 2);
    const input = usher.fireworks.secret;
    const args = ['secret', 'put', 'fireworks/untried', '-', '--confirm'];
    expect(await run(args, { input })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('say --untried'),
    });
    expect(await run([...args, '--untried'], { input })).toMatchObject({ code: 0 });
  });
});
