import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as z from 'zod';
import { makeLetters } from '../cli/local/with-letters.ts';
import { shapes } from '../cli/usher/shapes.ts';
import { json } from '../local/sandboxes/calls.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';
import { environmentFor, type RunOptions, runUsher, usherScript } from './usher-command.ts';

let usher: LocalUsher;
let folder = '';
let audit = '';
/** What a function has got. */
const taken: SQSRecord[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-letters-'));
  audit = join(folder, 'audit.jsonl');
  usher = await startLocalUsher({ onInvoke: ({ Records }) => void taken.push(...Records) });
});
afterEach(async () => {
  await empty();
  await rm(audit, { force: true });
});
afterAll(async () => {
  await usher[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const letters = (args: readonly string[], { env, ...options }: RunOptions = {}) =>
  runUsher(['letters', ...args], {
    env: { ...environmentFor(usher.stack.endpoint, audit), ...env },
    ...options,
  });

/** The parsed document of `--json`, in its shape. */
async function told<Name extends keyof typeof shapes>(
  name: Name,
  args: readonly string[],
): Promise<z.infer<(typeof shapes)[Name]>> {
  const { stdout, stderr } = await runUsher([...name.split(' '), ...args, '--json'], {
    env: environmentFor(usher.stack.endpoint, audit),
  });
  expect(stdout, stderr).not.toBe('');
  return shapes[name].parse(JSON.parse(stdout)) as z.infer<(typeof shapes)[Name]>;
}

const queues = () => usher.stack.queues;

async function empty() {
  for (const { url } of [queues().deadLetters, queues().completions])
    await usher.stack.sqs.send(new PurgeQueueCommand({ QueueUrl: url }));
}

const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

async function countIn(
  QueueUrl: string,
  names: readonly (typeof COUNTS)[number][] = COUNTS,
): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
  const { Attributes = {} } = await usher.stack.sqs.send(command);
  return names.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

const visible = () => countIn(queues().deadLetters.url, ['ApproximateNumberOfMessages']);

async function put(body: string, attributes: Record<string, string> = {}) {
  await usher.stack.sqs.send(
    new SendMessageCommand({
      QueueUrl: queues().deadLetters.url,
      MessageBody: body,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
      ),
    }),
  );
}

/** Sends a request that Vectara refuses once, and waits for its letter. */
async function refuse(id: string, email = `${id}@example.com`) {
  usher.vectara.inject('create', { applied: false, reply: json(400, { messages: [`not today, ${email}`] }) });
  const before = await countIn(queues().deadLetters.url);
  await usher.send(JSON.stringify(requestEvent(id, { provider: 'vectara', user: { email } })));
  await vi.waitUntil(async () => (await countIn(queues().deadLetters.url)) > before, { timeout: 20_000 });
}

const isCompleted = (id: string) => () =>
  usher.logs.some((line) => line.includes('"request completed"') && line.includes(`"${id}"`));

describe('usher letters', () => {
  test('groups letters of every kind, says why and what to do, and gives every one back', async () => {
    await makeLetters(usher.stack);
    const { code, stdout, stderr } = await letters([]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^account 000000000000 · region us-east-1 · stage local · version \S+\nas arn:/);
    expect(stdout).toContain('provider_unauthorized');
    expect(stdout).toContain(
      '→ npx usher doctor --stage local; npx usher secret put CONNECTION FILE --stage local',
    );
    expect(stdout).toMatch(/40 of about 40 letters seen\.\n$/);
    expect(await visible()).toBe(40);

    const all = await told('letters', []);
    const ofVectara = all.groups.filter(({ provider }) => provider === 'vectara');
    const { groups, seen, selected } = await told('letters', ['--provider', 'vectara']);
    const expected = ofVectara.reduce((sum, { count }) => sum + count, 0);
    expect(expected).toBeGreaterThan(0);
    expect({ seen, selected }).toEqual({ seen: 40, selected: expected });
    expect(groups.every(({ provider }) => provider === 'vectara')).toBe(true);
    expect(await visible()).toBe(40);
  });

  test('finds nothing in an empty queue, and that is right', async () => {
    expect(await letters([])).toMatchObject({ code: 0, stdout: 'There are no dead letters.\n' });
  });

  test('shows no person unless it is asked to', async () => {
    await refuse('ada', 'ada.lovelace@example.com');
    for (const args of [[], ['show', 'ada'], ['show', 'ada', '--json'], ['--json']]) {
      const { stdout } = await letters(args);
      expect(stdout).toContain('provider_rejected');
      expect(stdout).not.toContain('lovelace');
    }
    expect((await letters(['show', 'ada', '--show-personal'])).stdout).toContain('ada.lovelace@example.com');
  });

  test('lets no letter steer the terminal, whoever has sent it', async () => {
    const evil = '\\u001b]0;owned\\u0007\\u001b[2J\\u009b31m\\u202e';
    const raw = '\u009b31m\u202eevil';
    await put(
      `{"type":"user.dead_lettered.v1","time":"x","data":{"request":{"id":"e"},"provider":"${evil}","remote":"${evil}","failure":{"code":"${evil}","message":"${evil}"}}}`,
    );
    await put(raw, { code: raw, message: raw });
    const id = (await told('letters', [])).groups[0]?.example.messageId ?? '';
    const others = [
      ['redrive', '--all'],
      ['redrive', '--all', '--json'],
      ['edit', id],
      ['delete', '--all', '--reason', 'x', '--without-export'],
    ];
    for (const args of [[], ['--json'], ['show', id], ['show', id, '--json', '--show-personal'], ...others]) {
      const { stdout, stderr } = await letters(args);
      expect(stdout + stderr).not.toBe('');
      expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/u);
    }
  });

  test('takes letters of a megabyte, broken ones and strangers as they are', async () => {
    await put('x'.repeat(1_048_576));
    await put('{"broken": ');
    await put('[]');
    const { groups } = await told('letters', []);
    expect(groups).toMatchObject([{ count: 3, advice: expect.stringContaining('no letter of Usher') }]);
    expect(await told('letters redrive', ['--all'])).toMatchObject({
      isDryRun: true,
      refused: { invalid_event: 3 },
    });
  });

  test('sees a thousand letters, each once', async () => {
    for (let at = 0; at < 25; at++) await makeLetters(usher.stack);
    expect(await told('letters', [])).toMatchObject({ seen: 1000, selected: 1000 });
    expect(await visible()).toBe(1000);
  });

  test('gives back on Ctrl-C what it has taken', async () => {
    for (let at = 0; at < 10; at++) await makeLetters(usher.stack);
    const { code } = await letters([], {
      onStart(child) {
        child.stderr?.on('data', (chunk) => {
          if (String(chunk).includes('letters seen')) child.kill('SIGINT');
        });
      },
    });
    expect(code).toBe(1);
    await vi.waitUntil(async () => (await visible()) === 400, { timeout: 20_000 });
  });

  test('gives back what it has taken when nobody reads its output any more', async () => {
    for (let at = 0; at < 10; at++) await makeLetters(usher.stack);
    const { stdout } = await promisify(execFile)(
      'sh',
      ['-c', '"$0" "$1" letters 2>&1 | head -n 1', process.execPath, usherScript],
      { env: environmentFor(usher.stack.endpoint, audit) },
    );
    expect(stdout).toMatch(/^account .*\n$/);
    expect(await visible()).toBe(400);
  });
});

describe('usher letters redrive', () => {
  test('tells the very same selection that it acts on, and changes nothing without --confirm', async () => {
    await makeLetters(usher.stack);
    const selection = ['--connection', 'default', '--code', 'secret_invalid,provider_capacity'];
    const { code, stdout } = await letters(['redrive', ...selection]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('4 would go back.\n') });
    expect(stdout).toContain('Nothing was changed (dry run). To do it, say --confirm.');
    expect(await visible()).toBe(40);
    expect(await told('letters redrive', [...selection, '--confirm'])).toMatchObject({
      isDryRun: false,
      selected: 4,
      redriven: 4,
      ended: 'done',
    });
    expect(await countIn(queues().deadLetters.url)).toBe(36);
  });

  test('refuses an empty selection', async () => {
    expect(await letters(['redrive', '--confirm'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Say which letters: /),
    });
  });

  test('ends with 1 where the selection selects nothing', async () => {
    expect(await letters(['redrive', '--code', 'unexpected', '--confirm'])).toMatchObject({ code: 1 });
  });

  test('sends a letter back whole, so that its answer has an id of its own', async () => {
    await refuse('alan');
    const { letters: shown } = await told('letters show', ['alan']);
    expect(shown).toMatchObject([{ requestId: 'alan', canSucceed: true }]);
    await letters(['redrive', 'alan', '--confirm', '--reason', 'not today is over']);
    await vi.waitUntil(isCompleted('alan'), { timeout: 10_000 });
    const [completion] = (await receive(queues().completions.url)).filter(
      ({ type }) => type === 'user.completed.v1',
    );
    expect(completion?.id).not.toBe(shown[0]?.outcomeId);
    expect(
      (await readFile(audit, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      {
        action: 'letters redrive',
        caller: expect.stringContaining('arn:'),
        stage: 'local',
        reason: 'not today is over',
      },
      { action: 'letters redriven', letters: [{ requestId: 'alan', code: 'provider_rejected' }] },
    ]);
  });

  test('keeps the message group and the trace of a letter', async () => {
    const body = JSON.stringify(
      requestEvent('grouped', { provider: 'vectara', user: { email: 'grouped@example.com' } }),
    );
    const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
    await usher.stack.sqs.send(
      new SendMessageCommand({
        QueueUrl: queues().deadLetters.url,
        MessageBody: body,
        MessageGroupId: 'tenant-1',
        MessageAttributes: { redrives: { DataType: 'Number', StringValue: '2' } },
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
      }),
    );
    await letters(['redrive', 'grouped', '--confirm']);
    await vi.waitUntil(isCompleted('grouped'), { timeout: 10_000 });
    expect(taken.find((record) => record.body === body)).toMatchObject({
      attributes: { MessageGroupId: 'tenant-1', AWSTraceHeader: trace },
      messageAttributes: { redrives: { stringValue: '2' } },
    });
  });

  test('leaves what cannot succeed, and says how many', async () => {
    await makeLetters(usher.stack);
    const result = await told('letters redrive', [
      '--code',
      'invalid_event,request_expired,role_not_allowed',
      '--confirm',
    ]);
    expect(result).toMatchObject({
      redriven: 0,
      refused: { invalid_event: 2, request_expired: 2, role_not_allowed: 2 },
    });
    expect(await visible()).toBe(40);
  });

  test('stops after a probe that does not lead to a user', async () => {
    for (const id of ['p1', 'p2', 'p3']) await refuse(id);
    usher.vectara.inject('create', { applied: false, reply: json(400, { messages: ['still not'] }) });
    const result = await told('letters redrive', ['--code', 'provider_rejected', '--probe', '--confirm']);
    expect(result).toMatchObject({ redriven: 1, ended: 'probe failed' });
    await vi.waitUntil(async () => (await visible()) === 3, { timeout: 10_000 });
  });

  test('goes no further than its limit', async () => {
    await makeLetters(usher.stack);
    expect(
      await told('letters redrive', ['--provider', 'vectara', '--limit', '3', '--rate', '50', '--confirm']),
    ).toMatchObject({
      redriven: 3,
      ended: 'limit',
    });
  });
});

describe('usher letters delete', () => {
  test('keeps a letter in a file that only its owner reads, and deletes it then', async () => {
    await refuse('grace');
    const file = join(folder, 'gone.jsonl');
    const args = ['grace', '--reason', 'sent by hand', '--export', file, '--confirm'];
    expect(await told('letters delete', args)).toMatchObject({ deleted: 1, ended: 'done' });
    expect(await countIn(queues().deadLetters.url)).toBe(0);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      body: expect.stringContaining('grace@example.com'),
    });
    expect(await letters(['delete', ...args])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is there already'),
    });
  });

  test('wants a reason, and an export or a word that none is wanted', async () => {
    expect(await letters(['delete', 'x', '--without-export'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    expect(await letters(['delete', 'x', '--reason', 'y'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--without-export'),
    });
  });

  test('changes nothing without --confirm', async () => {
    await refuse('hedy');
    const { code, stdout } = await letters(['delete', 'hedy', '--reason', 'y', '--without-export']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('1 of 1 letter would be deleted.'),
    });
    expect(await visible()).toBe(1);
  });
});

describe('usher letters edit', () => {
  test('gives a request that asks for somebody else a new id, and the former one as its cause', async () => {
    await refuse('edith');
    const { request, sentAs } = await told('letters edit', [
      'edith',
      '--set',
      'data.user.email=edith.clarke@example.com',
      '--confirm',
    ]);
    expect(request).toMatchObject({ causationid: 'edith', id: expect.not.stringMatching(/^edith$/) });
    expect(sentAs).toBeDefined();
    await vi.waitUntil(isCompleted(String(request.id)), { timeout: 10_000 });
    expect(usher.vectara.users().map(({ email }) => email)).toContain('edith.clarke@example.com');
    expect(await countIn(queues().deadLetters.url)).toBe(0);
  });

  test('leaves the id of a request that asks for the same', async () => {
    await usher.send(
      JSON.stringify(
        requestEvent(
          'late',
          { provider: 'vectara', user: { email: 'late@example.com' } },
          { expirytime: '2020-01-01T00:00:00Z' },
        ),
      ),
    );
    await vi.waitUntil(async () => (await visible()) === 1, { timeout: 10_000 });
    const { request } = await told('letters edit', ['late', '--unset', 'expirytime', '--confirm']);
    expect(request.id).toBe('late');
    await vi.waitUntil(isCompleted('late'), { timeout: 10_000 });
  });

  test('lets nothing go back that would be refused again', async () => {
    await refuse('mary');
    const { code, stderr, stdout } = await letters([
      'edit',
      'mary',
      '--set',
      'data.user.nickname=M',
      '--confirm',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('data.user.nickname is not a known field');
    expect(await visible()).toBe(1);
  });

  test('replaces a body whole that is no event', async () => {
    await usher.send('this is no JSON');
    await vi.waitUntil(async () => (await visible()) === 1, { timeout: 10_000 });
    const { groups } = await told('letters', []);
    const input = JSON.stringify(
      requestEvent('mended', { provider: 'vectara', user: { email: 'mended@example.com' } }),
    );
    const { code } = await letters(['edit', groups[0]?.example.messageId ?? '', '--file', '-', '--confirm'], {
      input,
    });
    expect(code).toBe(0);
    await vi.waitUntil(isCompleted('mended'), { timeout: 10_000 });
  });
});

async function receive(QueueUrl: string) {
  const { Messages = [] } = await usher.stack.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      WaitTimeSeconds: 5,
    }),
  );
  return Messages.map(({ Body = '' }): { id: string; type: string } => JSON.parse(Body));
}
