import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { isObject } from '../lib/json.ts';
import type { Fault } from '../local/aws/faults.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';
import { environmentFor, runUsher } from './usher-command.ts';

const LETTERS = 24;
const SOURCE = 'https://signup.example';

/** When the command is killed: at the second call of that kind, before or after SQS has carried it out. */
const moments = [
  ['before a batch is sent back', 'SendMessageBatch', 'requests', 'before'],
  ['after a batch was sent back, and nobody heard of it', 'SendMessageBatch', 'requests', 'after'],
  ['before a batch is deleted', 'DeleteMessageBatch', 'dead-letters', 'before'],
  ['after a batch was deleted', 'DeleteMessageBatch', 'dead-letters', 'after'],
  ['while it looks', 'ReceiveMessage', 'dead-letters', 'after'],
  ['before it gives back what it has taken', 'ChangeMessageVisibilityBatch', 'dead-letters', 'before'],
] as const;

let usher: LocalUsher;
let folder = '';
let victim: ChildProcess | undefined;
let onCall: (operation: string, queue: string) => Fault | undefined = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-killed-'));
  usher = await startLocalUsher({
    // What a command that was killed has taken is back after two seconds, not five minutes.
    visibilityScale: 1 / 150,
    onCall(target, body) {
      const queue = isObject(body) ? String(body.QueueUrl).replace(/^.*usher-local-/, '') : '';
      return onCall(target.replace('AmazonSQS.', ''), queue);
    },
  });
  // These are not meant: the look takes them along, and gives them back.
  for (let at = 0; at < LETTERS; at++) await putLetter(`stays-${at}`, at);
});
afterAll(async () => {
  await usher[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test.for(moments)('A redrive that is killed %s loses no letter', async ([title, operation, queue, when]) => {
  const ids = Array.from({ length: LETTERS }, (_, at) => `${operation}-${when}-${at}`);
  for (const [at, id] of ids.entries()) await putLetter(id, at);
  const args = ['letters', 'redrive', '--match', `${operation}-${when}-`, '--confirm', '--json'];
  const env = environmentFor(usher.stack.endpoint, join(folder, 'audit.jsonl'));

  let calls = 0;
  onCall = (called, of) => {
    // Of other readers of the queue there are none; the functions send to it, and take nothing.
    if (called !== operation || of !== queue || victim === undefined) return undefined;
    calls += 1;
    if (calls !== 2) return undefined;
    victim.kill('SIGKILL');
    return { kind: 'drop', when };
  };
  const killed = await runUsher(args, {
    env,
    onStart: (child) => {
      victim = child;
    },
  });
  victim = undefined;
  expect(killed, title).toMatchObject({ code: null });

  onCall = () => undefined;
  await vi.waitUntil(
    async () => {
      await runUsher(args, { env });
      return ids.every((id) => isCompleted(id));
    },
    { timeout: 40_000, interval: 500 },
  );
  expect(usher.vectara.users().filter(({ username }) => ids.includes(String(username)))).toHaveLength(
    LETTERS,
  );
});

function isCompleted(id: string): boolean {
  return usher.logs.some((line) => line.includes('"request completed"') && line.includes(`"${id}"`));
}

async function putLetter(id: string, at: number): Promise<void> {
  const request = requestEvent(id, {
    provider: 'vectara',
    user: { email: `${id}@example.com`, username: id },
  });
  const letter = {
    specversion: '1.0',
    id: `00000000-0000-5000-8000-${String(at).padStart(12, '0')}`,
    source: SOURCE,
    type: 'user.dead_lettered.v1',
    time: '2026-01-31T09:30:00Z',
    data: {
      request,
      provider: 'vectara',
      connection: 'default',
      failure: { code: 'provider_unavailable', message: 'gone', exhausted: true },
      remote: 'unknown',
      attempts: 15,
      origin: { queueArn: 'arn', messageId: 'm' },
      redrives: 0,
    },
  };
  await usher.send(JSON.stringify(letter), usher.stack.queues.deadLetters.url);
}
