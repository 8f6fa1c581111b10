import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type MessageAttributeValue,
  type Message as Received,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** A message as SQS delivered it. */
export interface Message {
  /** SQS's own id. */
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, MessageAttributeValue>>;
  /** Milliseconds since 1970. */
  readonly sentAt: number;
  readonly receives: number;
  readonly groupId: string | undefined;
  /** X-Ray's. */
  readonly traceHeader: string | undefined;
  /** The ARN of the queue from which SQS itself has moved it here. */
  readonly movedFrom: string | undefined;
}

/** What it takes to give a message back, or to delete it. */
export type Taken = Pick<Message, 'messageId' | 'receiptHandle'>;

export type Outgoing = Pick<Message, 'body' | 'attributes' | 'groupId' | 'traceHeader'>;

export interface QueueState {
  readonly visible: number;
  /** Received by somebody, and neither deleted nor given back. */
  readonly taken: number;
  readonly delayed: number;
  readonly retentionSeconds: number;
  /** After so many receives SQS moves a message elsewhere; undefined where it never does. */
  readonly movedAfter: number | undefined;
}

/** One queue, for people: whatever is taken from it is given back, or deleted on purpose. */
export interface Queue extends Disposable {
  readonly url: string;
  state(): Promise<QueueState>;
  /** Up to ten messages, hidden from everybody else for so long. */
  receive(hiddenSeconds: number, waitSeconds: number): Promise<Message[]>;
  /** Shows them to everybody again; what is gone, or hidden by somebody else by now, stays as it is. */
  giveBack(messages: readonly Taken[]): Promise<void>;
  /** Gives those back that SQS has confirmed to be deleted. */
  delete<T extends Taken>(messages: readonly T[]): Promise<ReadonlySet<T>>;
  /** The ids under which SQS has confirmed them; one that it refused has none. At most ten, of 1 MiB together. */
  send(messages: readonly Outgoing[]): Promise<(string | undefined)[]>;
}

/** Follows AWS_ENDPOINT_URL, as everything else does, and not the origin of the queue's URL. */
export function openSqs(region: string): SQSClient {
  return new SQSClient({ region, useQueueUrlAsEndpoint: false });
}

export function openQueue(url: string, region: string): Queue {
  const client = openSqs(region);
  const isFifo = url.endsWith('.fifo');
  const inTens = async <M, T>(messages: readonly M[], act: (some: readonly M[]) => Promise<T>) => {
    const tens = Array.from({ length: Math.ceil(messages.length / TEN) }, (_, at) =>
      messages.slice(at * TEN, (at + 1) * TEN),
    );
    const results: T[] = [];
    // Some at a time: thousands of sockets are nobody's friend.
    for (let at = 0; at < tens.length; at += SIDE_BY_SIDE)
      results.push(...(await Promise.all(tens.slice(at, at + SIDE_BY_SIDE).map(act))));
    return results;
  };

  return {
    url,

    async state() {
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
      const { Attributes = {} } = await client.send(command);
      const policy: unknown = JSON.parse(Attributes.RedrivePolicy ?? '{}');
      const after = Number(Object(policy).maxReceiveCount ?? Number.NaN);
      return {
        visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
        taken: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
        retentionSeconds: Number(Attributes.MessageRetentionPeriod ?? 0),
        movedAfter: Number.isNaN(after) ? undefined : after,
      };
    },

    async receive(VisibilityTimeout, WaitTimeSeconds) {
      const command = new ReceiveMessageCommand({
        ...{ QueueUrl: url, MaxNumberOfMessages: TEN, VisibilityTimeout, WaitTimeSeconds },
        ...{ MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] },
      });
      const { Messages = [] } = await client.send(command);
      return Messages.map(toMessage);
    },

    async giveBack(messages) {
      await inTens(messages, (some) =>
        client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: url,
            Entries: entriesOf(some).map((entry) => ({ ...entry, VisibilityTimeout: 0 })),
          }),
        ),
      );
    },

    async delete(messages) {
      const confirmed = await inTens(messages, async (some) => {
        const command = new DeleteMessageBatchCommand({ QueueUrl: url, Entries: entriesOf(some) });
        const { Successful = [] } = await client.send(command);
        const ids = new Set(Successful.map(({ Id }) => Id));
        return some.filter((_, at) => ids.has(String(at)));
      });
      return new Set(confirmed.flat());
    },

    async send(messages) {
      const command = new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: messages.map((message, at) => toEntry(message, at, isFifo)),
      });
      const { Successful = [] } = await client.send(command);
      const ids = new Map(Successful.map(({ Id, MessageId }) => [Id, MessageId]));
      return messages.map((_, at) => ids.get(String(at)));
    },

    [Symbol.dispose]: () => client.destroy(),
  };
}

const TEN = 10;
const SIDE_BY_SIDE = 8;

function entriesOf(messages: readonly Taken[]) {
  return messages.map(({ receiptHandle }, at) => ({ Id: String(at), ReceiptHandle: receiptHandle }));
}

function toMessage({ MessageId = '', ReceiptHandle = '', Body = '', ...rest }: Received): Message {
  const { Attributes = {}, MessageAttributes = {} } = rest;
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: MessageAttributes,
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    receives: Number(Attributes.ApproximateReceiveCount ?? 0),
    groupId: Attributes.MessageGroupId,
    traceHeader: Attributes.AWSTraceHeader,
    movedFrom: Attributes.DeadLetterQueueSourceArn,
  };
}

function toEntry(
  { body, attributes, groupId, traceHeader }: Outgoing,
  at: number,
  isFifo: boolean,
): SendMessageBatchRequestEntry {
  return {
    Id: String(at),
    MessageBody: body,
    MessageAttributes: { ...attributes },
    ...(groupId !== undefined && { MessageGroupId: groupId }),
    // A letter that comes back is meant to be handled once more, whatever SQS has seen lately.
    ...(isFifo && { MessageGroupId: groupId ?? 'usher', MessageDeduplicationId: crypto.randomUUID() }),
    ...(traceHeader !== undefined && {
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } },
    }),
  };
}
