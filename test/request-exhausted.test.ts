import { SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHandler } from '../functions/request-exhausted/handler.ts';
import { wire } from '../functions/request-exhausted/wire.ts';
import { systemClock } from '../lib/clock.ts';
import { deadLetteredSchema } from '../lib/events/outcome-schemas.ts';
import { type Aws, startAws } from '../local/aws/aws.ts';
import type { Fault } from '../local/aws/faults.ts';
import { createQueues, type Queues } from '../local/queues.ts';
import { fireworksRequest, messageId, recordOf, requestsArn } from './deliveries.ts';
import { takeMessages } from './taking.ts';

describe('request-exhausted', () => {
  let fault: Fault | undefined;
  let aws: Aws;
  let sqs: SQSClient;
  let queues: Queues;
  const logs: string[] = [];

  beforeAll(async () => {
    aws = await startAws({ onCall: (target) => (target.endsWith('SendMessageBatch') ? fault : undefined) });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: aws.endpoint, maxAttempts: 1 });
    queues = await createQueues(sqs, { visibilitySeconds: 60, maxReceiveCount: 5 });
  });
  afterAll(async () => {
    sqs.destroy();
    await aws.close();
  });

  const handle = (...records: Parameters<ReturnType<typeof createHandler>>[0]['Records']) =>
    createHandler(
      wire({
        environment: { DEAD_LETTER_QUEUE_URL: queues.deadLetters.url, EVENT_SOURCE: 'urn:usher:test' },
        providers: [{ name: 'fireworks' }],
        ...{ sqs, clock: systemClock, write: (line) => logs.push(line), flushLog: () => {} },
      }),
    )({ Records: records }, { awsRequestId: 'invocation' });

  const exhaustedArn = 'arn:aws:sqs:eu-central-1:123456789012:requests-exhausted';
  const moved = {
    queueArn: exhaustedArn,
    receives: 4,
    attributes: { DeadLetterQueueSourceArn: requestsArn },
  };

  it('answers with the queue that the request was sent to, where SQS tells it', async () => {
    fault = undefined;
    expect(await handle(recordOf(fireworksRequest(), moved))).toEqual({ batchItemFailures: [] });
    const [message] = await takeMessages(sqs, queues.deadLetters);
    const { data } = deadLetteredSchema.parse(JSON.parse(message?.Body ?? ''));
    expect(data).toMatchObject({
      failure: { code: 'delivery_exhausted', exhausted: true },
      remote: 'unknown',
      attempts: 4,
      origin: { queueArn: requestsArn, messageId },
    });
  });

  it('answers whatever the body, with its own queue where SQS does not tell another', async () => {
    fault = undefined;
    expect(await handle(recordOf('hello', { queueArn: exhaustedArn }))).toEqual({ batchItemFailures: [] });
    const [message] = await takeMessages(sqs, queues.deadLetters);
    const { data } = deadLetteredSchema.parse(JSON.parse(message?.Body ?? ''));
    expect(data).toMatchObject({ body: 'hello', origin: { queueArn: exhaustedArn } });
  });

  it('hands back exactly the records whose dead letter SQS did not take', async () => {
    fault = { kind: 'fail-entries', ids: ['1'] };
    const records = ['a', 'b', 'c'].map((id) => ({
      ...recordOf(fireworksRequest({ id }), moved),
      messageId: id,
    }));
    expect(await handle(...records)).toEqual({ batchItemFailures: [{ itemIdentifier: 'b' }] });
  });

  it('hands everything back while SQS takes nothing', async () => {
    fault = { kind: 'drop', when: 'before' };
    const records = ['a', 'b'].map((id) => ({ ...recordOf('x', moved), messageId: id }));
    expect(await handle(...records)).toEqual({
      batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'b' }],
    });
  });

  it('tells each record in one line and measures it', async () => {
    fault = undefined;
    logs.length = 0;
    await handle(recordOf(fireworksRequest(), moved));
    const [taken = '', line = '', ...metrics] = logs;
    expect(JSON.parse(taken)).toMatchObject({ message: 'request taken', messageId, receives: 4 });
    expect(JSON.parse(line)).toMatchObject({
      level: 'WARN',
      message: 'request dead-lettered',
      provider: 'fireworks',
      messageId,
      receives: 4,
      code: 'delivery_exhausted',
    });
    expect(metrics.map((metric) => JSON.parse(metric))).toMatchObject([
      { code: 'delivery_exhausted', Failures: [1] },
      { outcome: 'dead-lettered', provider: 'fireworks', Requests: [1] },
    ]);
  });

  it('says which record has failed, and why, where even its dead letter cannot be sent', async () => {
    fault = { kind: 'drop', when: 'before' };
    logs.length = 0;
    await handle({ ...recordOf('x', moved), messageId: 'm-1' });
    const lines = logs.map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { message: 'request taken' },
      { level: 'ERROR', message: 'record failed', messageId: 'm-1', error: 'Failure' },
    ]);
  });

  it('logs no e-mail address', () => {
    expect(logs).not.toHaveLength(0);
    expect(logs.join()).not.toContain('@');
  });
});
