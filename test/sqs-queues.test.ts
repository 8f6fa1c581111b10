import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOutcomeQueue } from '../lib/aws/outcomes.ts';
import { createDelayQueue } from '../lib/aws/visibility.ts';
import { MAX_MESSAGE_BYTES, messageBytes } from '../lib/events/message.ts';
import { asFailure, Failure } from '../lib/records/failure.ts';
import { type AwsOptions, startAws } from '../local/aws/aws.ts';
import { createQueues } from '../local/queues.ts';
import { takeMessages } from './taking.ts';

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
    const { add, join, leave } = createOutcomeQueue(sqs, queues.completions.url);
    const half = 'x'.repeat((MAX_MESSAGE_BYTES - 2 * messageBytes('', attributes)) / 2);
    const fitting = Promise.all([add({ body: half, attributes }), add({ body: half, attributes })]);
    join();
    leave();
    await fitting;
    expect(batches()).toHaveLength(1);
    const tooMuch = Promise.all([add({ body: half, attributes }), add({ body: `${half}x`, attributes })]);
    join();
    leave();
    await tooMuch;
    expect(batches()).toHaveLength(3);
  });

  it('carry their attributes as text, and numbers as numbers', async () => {
    const { sqs, queues } = await openSqs();
    const { add, join, leave } = createOutcomeQueue(sqs, queues.deadLetters.url);
    const added = add({ body: 'x', attributes: { ...attributes, redrives: 2 } });
    join();
    leave();
    await added;
    const [message] = await takeMessages(sqs, queues.deadLetters);
    expect(message?.MessageAttributes).toEqual({
      type: { DataType: 'String', StringValue: 'user.completed.v1' },
      redrives: { DataType: 'Number', StringValue: '2' },
    });
  });

  it('fail with what SQS says of them', async () => {
    const { sqs, queues } = await openSqs(() => ({ kind: 'fail-entries', ids: ['0'] }));
    const { add, join, leave } = createOutcomeQueue(sqs, queues.completions.url);
    const refused = add({ body: 'x', attributes });
    join();
    leave();
    await expect(refused).rejects.toMatchObject({
      code: 'outcome_unpublished',
      message: 'SQS did not confirm the outcome: InternalError.',
    });
  });
});

describe('SQS that never answers', { timeout: 10_000 }, () => {
  /** A queue's client, of which `whenAsked` resolves once a call has arrived. */
  async function openSilence() {
    const asked = Promise.withResolvers<void>();
    const { sqs, queues } = await openSqs(() => {
      asked.resolve();
      return new Promise(() => {});
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    return { sqs, queues, whenAsked: asked.promise };
  }

  it('fails an outcome as not confirmed, within what an invocation keeps for sending', async () => {
    const { sqs, queues, whenAsked } = await openSilence();
    const { add, join, leave } = createOutcomeQueue(sqs, queues.completions.url);
    const added = add({ body: 'x', attributes }).catch(asFailure);
    join();
    leave();
    await whenAsked;
    vi.advanceTimersByTime(4_000);
    expect(await added).toMatchObject({ code: 'outcome_unpublished' });
  });

  it('does not hold up a delay either', async () => {
    const { sqs, queues, whenAsked } = await openSilence();
    const { add, join, leave } = createDelayQueue(sqs, queues.requests.url);
    const added = add({ receiptHandle: 'handle', delaySeconds: 1 }).catch(asFailure);
    join();
    leave();
    await whenAsked;
    vi.advanceTimersByTime(3_000);
    expect(await added).toBeInstanceOf(Failure);
  });
});
