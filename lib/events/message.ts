/** A message for one of the outcome queues. */
export interface OutcomeMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  /** The `AWSTraceHeader` that the request came with; SQS does not count it towards the size. */
  readonly traceHeader?: string | undefined;
  /** The message group that the request came with. */
  readonly groupId?: string | undefined;
}

/** Message attributes by name; numbers get the data type Number, all else String. */
export type MessageAttributes = Readonly<Record<string, string | number>>;

/**
 * What a message may weigh, attributes included, and a whole batch of messages too.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** What SQS counts as a message's size: its body and each attribute's name, type and value. */
export function messageBytes(body: string, attributes: MessageAttributes): number {
  let bytes = Buffer.byteLength(body);
  for (const [name, value] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + dataType(value).length + Buffer.byteLength(String(value));
  }
  return bytes;
}

export function dataType(value: string | number): 'Number' | 'String' {
  return typeof value === 'number' ? 'Number' : 'String';
}

/** JSON that SQS accepts: the two characters that it refuses and JSON does not escape are escaped. */
export function toBody(event: unknown): string {
  return JSON.stringify(event).replace(/[\uFFFE\uFFFF]/g, (char) =>
    char === '\uFFFE' ? '\\ufffe' : '\\uffff',
  );
}

/** Text that SQS accepts as an attribute's value. */
export function toAttribute(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '\uFFFD');
}
