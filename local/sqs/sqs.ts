import { buildApp } from 'fauxqs';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { type Answer, accountId, region, type Service } from '../aws/service.ts';
import { deleteRepairs } from './delete.ts';
import { withJudgedHandles } from './handles.ts';
import { createMessages, queueName } from './messages.ts';
import { moveRepairs } from './move.ts';
import { receiveRepairs } from './receive.ts';
import { sendRepairs } from './send.ts';
import { visibilityRepairs } from './visibility.ts';

export interface Sqs {
  readonly call: Service;
  /** For how many seconds the oldest message of a queue has been there; 0 where there is none. */
  ageOfOldest(queueName: string): number;
  /** Answers all long polls, with nothing; a message that arrives within their time may still go to one of them. */
  endPolls(): void;
  close(): Promise<void>;
}

/** SQS in memory: the emulator `fauxqs`, repaired where it differs from AWS in what a consumer can rely on. */
export function createSqs(visibilityScale: number): Sqs {
  const emulator = buildApp({ logger: false, defaultRegion: region });
  const messages = createMessages();
  const emulate = async (operation: string, body: JsonObject): Promise<Answer> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
    };
    const payload = JSON.stringify(body);
    const answer = await emulator.inject({ method: 'POST', url: '/', headers, payload });
    return { status: answer.statusCode, body: parseJson(answer.payload) };
  };

  const repaired = (operation: string, body: JsonObject): Promise<Answer> => {
    const emulator = (request: JsonObject) => emulate(operation, request);
    return withJudgedHandles(
      messages,
      body,
      (judged) => repairs.get(operation)?.(judged, emulator) ?? emulator(judged),
    );
  };
  const repairs = new Map([
    ...sendRepairs(messages),
    ...receiveRepairs(messages, visibilityScale, (message) => emulate('DeleteMessage', message)),
    ...deleteRepairs(messages),
    ...visibilityRepairs(messages, visibilityScale),
    ...moveRepairs(repaired),
  ]);

  // The emulator itself ends polls only together with everything else.
  const polls = new Set<() => void>();
  const endable = (receive: Promise<Answer>): Promise<Answer> => {
    const { promise: ended, resolve } = Promise.withResolvers<Answer>();
    const end = () => resolve({ status: 200, body: {} });
    polls.add(end);
    return Promise.race([receive, ended]).finally(() => polls.delete(end));
  };

  return {
    async call(operation, body, origin) {
      const answering = repaired(operation, body);
      const answer = await (operation === 'ReceiveMessage' ? endable(answering) : answering);
      return isObject(answer.body) ? { ...answer, body: withReachableUrls(answer.body, origin) } : answer;
    },
    ageOfOldest: messages.ageOfOldest,
    endPolls() {
      for (const end of polls) end();
    },
    close: () => emulator.close(),
  };
}

/** The emulator's own queue URLs have host names that do not resolve everywhere. */
function withReachableUrls(answer: JsonObject, origin: string): JsonObject {
  const reachable = (url: unknown) => `${origin}/${accountId}/${queueName(String(url))}`;
  const { QueueUrl, QueueUrls } = answer;
  return {
    ...answer,
    ...(typeof QueueUrl === 'string' && { QueueUrl: reachable(QueueUrl) }),
    ...(Array.isArray(QueueUrls) && { QueueUrls: QueueUrls.map(reachable) }),
  };
}
