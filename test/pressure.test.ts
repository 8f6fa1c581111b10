import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { DEAD_LETTERED } from '../lib/events/types.ts';
import { createLeapingClock } from '../local/lambda/leaping-clock.ts';
import { recordOf } from './deliveries.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';

const run = promisify(execFile);

/** The first probe comes after a minute and up to a fifth of it. */
const LONGER_THAN_A_PAUSE_MS = 75_000;

describe('The artefact under pressure', () => {
  it('handles a batch of 1,000 with 1,024 file descriptors and ten calls in flight', async () => {
    const script = fileURLToPath(new URL('./batch-of-1000.ts', import.meta.url));
    const limited = 'ulimit -n 1024 && exec "$0" "$1"';
    const { stdout } = await run('sh', ['-c', limited, process.execPath, script]);
    expect(JSON.parse(stdout)).toEqual({ failed: 0, users: 1000, completions: 1000, mostInFlight: 10 });
  });

  it('keeps 1,000 requests through wrong credentials, calls next to nobody meanwhile, and completes all after the repair', async () => {
    const containers = 2;
    await using clock = await createLeapingClock();
    await using usher = await startLocalUsher({
      concurrency: containers,
      environment: clock.environment,
      // For Lambda the leap is a part of the invocation.
      timeoutMs: LONGER_THAN_A_PAUSE_MS + 60_000,
      visibilityScale: 1 / 240,
      secrets: { 'usher/fireworks/default': '{"apiKey":"outdated","accountId":"acme"}' },
    });
    await sendAll(usher, requestsFor('fireworks', 1000));
    const handedBack = () => usher.logs.filter((line) => line.includes('"request handed back"')).length;
    await vi.waitUntil(() => handedBack() >= 1000, { timeout: 60_000, interval: 100 });

    // Ten calls are under way in each container when the first refusal comes.
    expect(usher.fireworks.calls.length).toBeLessThanOrEqual(10 * containers);
    usher.stack.secretsManager.set('usher/fireworks/default', usher.fireworks.secret);
    await clock.leap(LONGER_THAN_A_PAUSE_MS);
    const outcomes = await usher.outcomes(1000);

    expect(outcomes.filter(({ queue }) => queue === 'deadLetters')).toEqual([]);
    expect(usher.fireworks.users()).toHaveLength(1000);
    const changes = usher.logs.filter((line) => /"connection (paused|healed)"/.test(line));
    expect(changes).toHaveLength(2 * containers);
  }, 240_000);

  it('has the outcomes of a quick provider out while another one hangs for ever, and is never killed for it', async () => {
    await using usher = await startLocalUsher({ timeoutMs: 4_000 });
    usher.fireworks.inject('create', { applied: false, reply: 'hang' }, 5);
    const requests = [...requestsFor('fireworks', 5), ...requestsFor('vectara', 5)];
    const Records = requests.map((request) => ({ ...recordOf(request), messageId: request.id }));
    let isOver = false;
    const invocation = usher.stack.functions.userRequested.invoke({ Records }).finally(() => {
      isOver = true;
    });

    const quick = await usher.outcomes(5);
    expect(isOver).toBe(false);
    expect(quick.map(({ body }) => JSON.parse(body).data.provider)).toEqual(Array(5).fill('vectara'));
    const hanging = requestsFor('fireworks', 5).map(({ id }) => ({ itemIdentifier: id }));
    expect(await invocation).toEqual({ ok: true, payload: { batchItemFailures: hanging } });
    const handedBack = usher.logs.filter((line) => line.includes('"request handed back"'));
    expect(handedBack.map((line) => JSON.parse(line).code)).toEqual(Array(5).fill('out_of_time'));
  }, 60_000);

  it('loses nothing while neither outcome queue takes anything, and tells nothing twice under a different id', async () => {
    let isOutage = true;
    let sends = 0;
    let taken = 0;
    await using usher = await startLocalUsher({
      onCall(target, { QueueUrl, Entries }) {
        if (!target.endsWith('.SendMessageBatch') || !Array.isArray(Entries)) return undefined;
        if (!/(completions|dead-letters)$/.test(String(QueueUrl))) return undefined;
        sends += 1;
        if (isOutage && sends % 2 === 0) return { kind: 'error', name: 'AccessDeniedException' };
        // What goes to the product as well is no outcome of its own.
        taken += Entries.filter((entry) => !isCopy(entry, String(QueueUrl))).length;
        // Every other batch is taken, and nobody hears of it.
        return isOutage ? { kind: 'drop', when: 'after' } : undefined;
      },
    });
    const malformed = Array.from({ length: 10 }, (_, index) => requestEvent(`malformed-${index}`, {}));
    await sendAll(usher, [...requestsFor('vectara', 10), ...malformed]);
    const logged = (pattern: RegExp) => usher.logs.filter((line) => pattern.test(line)).length;
    await vi.waitUntil(() => logged(/"code":"outcome_unpublished"/) >= 40, { timeout: 60_000 });
    expect(logged(/"request (completed|dead-lettered)"/)).toBe(0);
    isOutage = false;
    await vi.waitUntil(() => logged(/"request (completed|dead-lettered)"/) === 20, { timeout: 60_000 });

    const outcomes = await usher.outcomes(taken);
    const answers = outcomes.map(({ queue, body }) => {
      const { id, causationid } = JSON.parse(body);
      return [causationid, queue, id].join(' ');
    });
    expect(taken).toBeGreaterThan(20);
    expect(new Set(answers)).toHaveLength(20);
    expect(new Set(outcomes.map(({ body }) => JSON.parse(body).causationid))).toHaveLength(20);
    expect(usher.vectara.users()).toHaveLength(10);
  }, 150_000);
});

function isCopy(entry: unknown, queueUrl: string): boolean {
  const isDeadLetter = JSON.stringify(entry).includes(DEAD_LETTERED);
  return isDeadLetter && queueUrl.endsWith('completions');
}

function requestsFor(provider: string, count: number) {
  return Array.from({ length: count }, (_, index) => {
    const user = { email: `r-${index}@example.com` };
    return requestEvent(`${provider}-${index}`, { provider, user });
  });
}

/** Ten at a time, which Lambda gets together. */
async function sendAll({ stack }: LocalUsher, requests: readonly object[]): Promise<void> {
  const bodies = requests.map((request) => JSON.stringify(request));
  while (bodies.length > 0) {
    const Entries = bodies.splice(0, 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await stack.sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queues.requests.url, Entries }));
  }
}
