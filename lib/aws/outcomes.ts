import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { dataType, MAX_MESSAGE_BYTES, messageBytes, type OutcomeMessage } from '../events/message.ts';
import { Failure } from '../records/failure.ts';
import { causeOf } from '../telemetry/log.ts';
import { type Batcher, createBatcher } from './batcher.ts';
import { within } from './within.ts';

const LINGER_MS = 50;
const SEND_TIMEOUT_MS = 4_000;

/** Sends outcomes to one queue in batches; an outcome that SQS did not confirm fails as `outcome_unpublished`. */
export function createOutcomeQueue(client: SQSClient, queueUrl: string): Batcher<OutcomeMessage> {
  const batcher = createBatcher<OutcomeMessage>({
    send: (messages) =>
      within(SEND_TIMEOUT_MS, (abortSignal) => client.send(toCommand(queueUrl, messages), { abortSignal })),
    bytesOf: ({ body, attributes }) => messageBytes(body, attributes),
    maxBytes: MAX_MESSAGE_BYTES,
    lingerMs: LINGER_MS,
  });
  return {
    ...batcher,
    add: (message) => batcher.add(message).catch(unpublished),
  };
}

/** Two queues as one: an outcome goes to both, and is confirmed once both have confirmed it. */
export function toBoth(
  one: Batcher<OutcomeMessage>,
  other: Batcher<OutcomeMessage>,
): Batcher<OutcomeMessage> {
  const both = [one, other];
  return {
    async add(message) {
      // Neither is left behind: an invocation that ends while SQS is asked would leave that to chance.
      const results = await Promise.allSettled(both.map((queue) => queue.add(message)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    join() {
      for (const queue of both) queue.join();
    },
    leave() {
      for (const queue of both) queue.leave();
    },
  };
}

function toCommand(queueUrl: string, messages: readonly OutcomeMessage[]): SendMessageBatchCommand {
  return new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: messages.map(({ body, attributes, traceHeader, groupId }, index) => ({
      Id: String(index),
      MessageBody: body,
      ...(groupId && { MessageGroupId: groupId }),
      ...(traceHeader && {
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } },
      }),
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [
          name,
          { DataType: dataType(value), StringValue: String(value) },
        ]),
      ),
    })),
  });
}

function unpublished(error: unknown): never {
  const kind = causeOf(error) ?? 'unknown error';
  throw new Failure('outcome_unpublished', `SQS did not confirm the outcome: ${kind}.`, { cause: error });
}
