import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { shapes } from '../cli/usher/shapes.ts';
import { isObject, parseJson } from '../lib/json.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';
import { environmentFor, runUsher } from './usher-command.ts';

const REQUESTS = 200;
const CONNECTIONS = ['default', 'second'];
const SECOND = 'usher/fireworks/second';

let usher: LocalUsher;
let folder = '';
let victim: ChildProcess | undefined;
let killsLeft = 0;
let sent = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-scenario-'));
  usher = await startLocalUsher({
    // The second receive is the last: what takes hours in AWS is over at once.
    maxReceives: 2,
    visibilityScale: 1 / 600,
    onCall(target, body) {
      const isToRequests = String(Object(body).QueueUrl).endsWith('-requests');
      if (target !== 'AmazonSQS.SendMessageBatch' || !isToRequests || victim === undefined) return undefined;
      sent += 1;
      // Each time that five batches are on their way.
      if (sent % 5 !== 0 || killsLeft === 0) return undefined;
      killsLeft -= 1;
      victim.kill('SIGKILL');
      return { kind: 'drop', when: 'after' };
    },
  });
});
afterAll(async () => {
  await usher[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const run = (...args: string[]) =>
  runUsher(args, {
    env: environmentFor(usher.stack.endpoint, join(folder, 'audit.jsonl')),
    onStart: (child) => {
      victim = child;
    },
  });

it('leads from a wrong key through letters, doctor and secret put to the answers of all, although the redrive is killed twice', async () => {
  const good = usher.fireworks.secret;
  const rotated = usher.fireworks.rotateCredentials();
  expect(rotated).not.toBe(good);
  usher.stack.secretsManager.set(SECOND, '{"apiKey": "two words", "accountId": "acme"}');
  const ids = Array.from({ length: REQUESTS }, (_, at) => `signup-${at}`);
  await sendAll(ids);
  await vi.waitUntil(() => answered().size === REQUESTS, { timeout: 50_000 });

  // Why: two codes, of two connections.
  const letters = await run('letters', '--json');
  const { groups, selected } = shapes.letters.parse(JSON.parse(letters.stdout));
  expect(selected).toBe(REQUESTS);
  expect(groups.map(({ code, connection, count }) => ({ code, connection, count }))).toEqual(
    expect.arrayContaining([
      { code: 'provider_unauthorized', connection: 'default', count: 100 },
      { code: 'secret_invalid', connection: 'second', count: 100 },
    ]),
  );

  // Who: the secret is named, and what to do.
  const doctor = await run('doctor', '--json');
  expect(doctor.code).toBe(1);
  const { findings } = shapes.doctor.parse(JSON.parse(doctor.stdout));
  const remedies = new Map(findings.map(({ about, text, remedy }) => [about, `${text} → ${remedy}`]));
  expect(remedies.get('connection fireworks/default')).toMatch(
    /401.* → npx usher secret put fireworks\/default FILE --stage local$/,
  );
  expect(remedies.get('connection fireworks/second')).toContain(
    `${SECOND} has the wrong shape: apiKey must be`,
  );

  // What now: a key that works. The old one is still refused, and not written again.
  const file = join(folder, 'fireworks.json');
  await writeFile(file, good);
  expect(await run('secret', 'put', 'fireworks/default', file, '--confirm')).toMatchObject({ code: 1 });
  await writeFile(file, rotated);
  const put = await run('secret', 'put', 'fireworks/default', file, '--confirm');
  expect(put).toMatchObject({ code: 0, stdout: expect.stringContaining('Revoke the old key at ') });
  expect(await run('secret', 'put', 'fireworks/second', file, '--confirm')).toMatchObject({ code: 0 });
  expect(await run('secret', 'check')).toMatchObject({ code: 0 });
  // A container reads a refused secret again once a minute; new ones read it at once.
  usher.stack.functions.userRequested.kill();

  // And back it goes.
  killsLeft = 2;
  const ends: (number | null)[] = [];
  await vi.waitUntil(
    async () => {
      const { code } = await run('letters', 'redrive', '--all', '--probe', '--rate', '50', '--confirm');
      ends.push(code);
      return completed().size === REQUESTS;
    },
    { timeout: 90_000, interval: 500 },
  );
  expect(ends.filter((code) => code === null)).toHaveLength(2);
  expect(usher.fireworks.users()).toHaveLength(REQUESTS);
  // Letters that went back twice have the same answer twice: a consumer knows it by its id.
  const outcomes = await takeCompletions();
  const perRequest = Map.groupBy(outcomes, ({ causationid }) => causationid);
  expect(perRequest.size).toBe(REQUESTS);
  expect(new Set([...perRequest.values()].map((some) => new Set(some.map(({ id }) => id)).size))).toEqual(
    new Set([1]),
  );

  const everything = `${letters.stdout}${doctor.stdout}${put.stdout}${put.stderr}`;
  for (const secret of usher.fireworks.confidential()) expect(everything).not.toContain(secret);
}, 180_000);

/** The ids of the requests of which the log says so. */
function saidOf(message: string): Set<unknown> {
  const entries = usher.logs.map(parseJson).filter(isObject);
  return new Set(entries.filter((entry) => entry.message === message).map(({ requestId }) => requestId));
}

const answered = () => saidOf('request dead-lettered');
const completed = () => saidOf('request completed');

async function sendAll(ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += 10) {
    await usher.stack.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: usher.stack.queues.requests.url,
        Entries: ids.slice(at, at + 10).map((id, index) => ({
          Id: String(index),
          MessageBody: JSON.stringify(
            requestEvent(id, {
              provider: 'fireworks',
              connection: CONNECTIONS[index % 2],
              user: { email: `${id}@example.com` },
            }),
          ),
        })),
      }),
    );
  }
}

async function takeCompletions(): Promise<{ id: string; causationid: string }[]> {
  const found = new Map<string, { id: string; causationid: string }>();
  await vi.waitUntil(
    async () => {
      for (const { body, queue, attributes } of await usher.outcomes(1)) {
        if (queue !== 'completions' || attributes.type !== 'user.completed.v1') continue;
        const event: { id: string; causationid: string } = JSON.parse(body);
        found.set(`${found.size}`, event);
      }
      return new Set([...found.values()].map(({ causationid }) => causationid)).size === REQUESTS;
    },
    { timeout: 30_000 },
  );
  return [...found.values()];
}
