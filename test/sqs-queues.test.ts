import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOutcomeQueue } from '../lib/aws/outcomes.ts';
import { createDelayQueue } from '../lib/aws/visibility.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../lib/events/message.ts';
import { type AwsOptions, startAws } from '../local/aws/aws.ts';
import { createQueues } from '../local/queues.ts';

const attributes = { type: 'user.completed.v1' };

/** Queues, a client that asks once, and the calls that SQS has been asked for. */
async function openSqs(onCall: AwsOptions['onCall'] = () => undefined) {
  const targets: string[] = [];
  const aws = await startAws({
    onCall: (target, body) => {
      targets.push(target);
      return target.endsWith('Batch') ? onCall(target, body) : undefined;
    },
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: aws.endpoint, maxAttempts: 1 });
  onTestFinished(async () => {
    sqs.destroy();
    await aws.close();
  });
  const queues = await createQueues(sqs, { visibilitySeconds: 60, maxReceiveCount: 5 });
  return { sqs, queues, batches: () => targets.filter((target) => target.endsWith('Batch')) };
}

describe('Outcomes that go out together', () => {
  it('are no more than a batch may weigh, attributes included', async () => {
    const { sqs, queues, batches } = await openSqs();
    const { add, flush } = createOutcomeQueue(sqs, queues.completions.url);
    const half = 'x'.repeat((MAX_MESSAGE_BYTES - 2 * messageBytes('', attributes)) / 2);
    const fitting = Promise.all([add({ body: half, attributes }), add({ body: half, attributes })]);
    flush();
    await fitting;
    expect(batches()).toHaveLength(1);
    const tooMuch = Promise.all([add({ body: half, attributes }), add({ body: `${half}x`, attributes })]);
    flush();
    await tooMuch;
    expect(batches()).toHaveLength(3);
  });

  it('fail with what SQS says of them', async () => {
    const { sqs, queues } = await openSqs(() => ({ kind: 'fail-entries', ids: ['0'] }));
    const { add, flush } = createOutcomeQueue(sqs, queues.completions.url);
    const refused = add({ body: 'x', attributes });
    flush();
    await expect(refused).rejects.toMatchObject({
      code: 'outcome_unpublished',
      message: 'SQS did not confirm the outcome: SQS did not accept the entry: InternalError.',
    });
  });
});

describe('SQS that never answers', () => {
  afterEach(() => void vi.useRealTimers());

  /** Begins a send that is not answered, and says after which patience it failed. */
  async function patienceOf(
    begin: (opened: Awaited<ReturnType<typeof openSqs>>) => { added: Promise<void> },
  ): Promise<{ patienceMs: number; error: unknown }> {
    const opened = await openSqs(() => new Promise<undefined>(() => {}));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 0 });
    let error: unknown;
    const settled = begin(opened).added.catch((reason: unknown) => {
      error = reason;
    });
    await vi.waitUntil(() => opened.batches().length > 0);
    while (error === undefined && Date.now() < 60_000) await vi.advanceTimersByTimeAsync(100);
    const patienceMs = Date.now();
    vi.useRealTimers();
    await settled;
    return { patienceMs, error };
  }

  it('fails an outcome as not confirmed, within what an invocation keeps for sending', async () => {
    const told = await patienceOf(({ sqs, queues }) => {
      const { add, flush } = createOutcomeQueue(sqs, queues.completions.url);
      const added = add({ body: 'x', attributes });
      flush();
      return { added };
    });
    expect(told).toMatchObject({ patienceMs: 4_000, error: { code: 'outcome_unpublished' } });
  });

  it('does not hold up a delay either', async () => {
    const told = await patienceOf(({ sqs, queues }) => {
      const { add, flush } = createDelayQueue(sqs, queues.requests.url);
      const added = add({ receiptHandle: 'handle', delaySeconds: 1 });
      flush();
      return { added };
    });
    expect(told).toMatchObject({ patienceMs: 3_000, error: { name: 'AbortError' } });
  });
});
