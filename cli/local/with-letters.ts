import { SendMessageBatchCommand, type SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { systemClock } from '../../lib/clock.ts';
import { readDelivery } from '../../lib/events/delivery.ts';
import { dataType, type OutcomeMessage } from '../../lib/events/message.ts';
import { createOutcomes } from '../../lib/events/outcomes.ts';
import { providers } from '../../lib/providers/index.ts';
import { FAILURES, Failure, type FailureCode } from '../../lib/records/failure.ts';
import type { DemoStack } from '../start/demo-stack.ts';
import { exampleRequest } from '../start/example-requests.ts';

const EACH = 2;
const HOUR_MS = 3_600_000;

/** Puts letters of every failure code into the dead-letter queue, as the functions write them, and two that are none of ours. */
export async function makeLetters({ sqs, queues }: Pick<DemoStack, 'sqs' | 'queues'>): Promise<void> {
  const codes = Object.keys(FAILURES) as FailureCode[];
  const letters = codes.flatMap((code, at) =>
    Array.from({ length: EACH }, (_, copy) => toEntry(letterOf(code, EACH * at + copy, queues.requests.arn))),
  );
  const strangers = ['no letter of Usher', `{"greeting": "hello", "bell": "\\u0007"}`].map((MessageBody) => ({
    MessageBody,
  }));
  const all = [...letters, ...strangers].map((entry, at) => ({ ...entry, Id: String(at) }));
  for (let at = 0; at < all.length; at += 10) {
    const Entries: SendMessageBatchRequestEntry[] = all.slice(at, at + 10);
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queues.deadLetters.url, Entries }));
  }
}

function letterOf(code: FailureCode, number: number, queueArn: string): OutcomeMessage {
  const provider = providers[number % providers.length]?.name ?? '';
  const sentAt = systemClock.now() - (number + 1) * HOUR_MS;
  const clock = { ...systemClock, now: () => sentAt + HOUR_MS / 2 };
  const delivery = readDelivery(
    {
      messageId: crypto.randomUUID(),
      receiptHandle: '',
      body: JSON.stringify(requestOf(code, number, provider)),
      attributes: {
        ApproximateReceiveCount: FAILURES[code] === 'never' ? '1' : '15',
        SentTimestamp: String(sentAt),
        SenderId: '',
        ApproximateFirstReceiveTimestamp: String(sentAt),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: '',
    },
    queueArn,
  );
  const failure = new Failure(
    code,
    `This letter was made by npm run local -- --with-letters, to play with (${code}).`,
  );
  return createOutcomes({ source: 'urn:usher:local', providers, clock }).deadLettered(delivery, {
    failure,
    exhausted: FAILURES[code] !== 'never',
    remote: 'unknown',
  });
}

/** As far as a letter's code shows in its request, it does. */
function requestOf(code: FailureCode, number: number, provider: string) {
  const { data } = exampleRequest(provider);
  const { user } = Object(data);
  const request = {
    specversion: '1.0',
    id: `demo-${number}`,
    source: 'https://signup.example.com',
    type: 'user.requested.v1',
    data: { provider, user },
  };
  switch (code) {
    case 'invalid_event':
      return { ...request, data: { provider, user: { ...user, nickname: 'Ada' } } };
    case 'unsupported_provider':
      return { ...request, data: { provider: 'acme', user } };
    case 'role_not_allowed':
      return {
        ...request,
        data: { provider: 'fireworks', user: { email: 'eve@example.com', role: 'admin' } },
      };
    case 'request_expired':
      return { ...request, expirytime: '2020-01-01T00:00:00Z' };
    default:
      return request;
  }
}

function toEntry({ body, attributes }: OutcomeMessage): Omit<SendMessageBatchRequestEntry, 'Id'> {
  return {
    MessageBody: body,
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        { DataType: dataType(value), StringValue: String(value) },
      ]),
    ),
  };
}
