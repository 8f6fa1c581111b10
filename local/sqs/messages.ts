import { createHash } from 'node:crypto';
import { accountId, region } from '../aws/service.ts';

export interface Content {
  readonly body: string;
  readonly messageGroupId: string | undefined;
  readonly traceHeader: string | undefined;
}

interface Stored extends Content {
  readonly queue: string;
  readonly sentAtMs: number;
  /** The queue from which it was last redriven. */
  readonly source?: string;
  readonly redrives: number;
  readonly receiptHandle?: string;
  readonly receivedAtMs?: number;
}

/** What a received message shows of its content and of its way. */
export interface Received extends Content {
  readonly redrives: number;
  readonly deadLetterQueueSourceArn: string | undefined;
}

export type Messages = ReturnType<typeof createMessages>;

/** Keeps what the emulator cannot: the content of each message under a short token, and the queues that it came through. */
export function createMessages() {
  const stored = new Map<string, Stored>();
  const tokens = new Map<string, string>();
  const handedOut = new Set<string>();
  let count = 0;

  return {
    /** Gives the token that stands for the message. */
    add(queue: string, content: Content): string {
      count += 1;
      stored.set(String(count), { ...content, queue, sentAtMs: Date.now(), redrives: 0 });
      return String(count);
    },
    /** Notes a receive and makes the handles of earlier ones void. */
    receive(token: string, queue: string, receiptHandle: string): Received | undefined {
      const known = stored.get(token);
      if (!known) return undefined;
      const message = { ...known, ...moved(known, queue), receiptHandle, receivedAtMs: Date.now() };
      stored.set(token, message);
      if (known.receiptHandle) tokens.delete(known.receiptHandle);
      tokens.set(receiptHandle, token);
      handedOut.add(receiptHandle);
      return { ...message, deadLetterQueueSourceArn: message.source && queueArn(message.source) };
    },
    /** Whether the handle is one that a receive has given, however long ago. */
    isHandle: (receiptHandle: string) => handedOut.has(receiptHandle),
    /** Whole seconds since the receive that gave this handle; 0 for a handle that is void. */
    secondsSinceReceive(receiptHandle: string): number {
      const now = Date.now();
      const receivedAtMs = stored.get(tokens.get(receiptHandle) ?? '')?.receivedAtMs ?? now;
      return Math.floor((now - receivedAtMs) / 1000);
    },
    ageOfOldest(queue: string): number {
      const sentAtMs = [...stored.values()].find((each) => each.queue === queue)?.sentAtMs ?? Date.now();
      return Math.floor((Date.now() - sentAtMs) / 1000);
    },
    remove(receiptHandle: string): void {
      stored.delete(tokens.get(receiptHandle) ?? '');
      tokens.delete(receiptHandle);
    },
  };
}

/** A message that shows up in another queue than before has been redriven. */
function moved({ queue: source, redrives }: Stored, queue: string): Partial<Stored> {
  return queue === source ? {} : { queue, source, redrives: redrives + 1 };
}

export function queueName(queueUrl: string): string {
  return queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
}

export function queueArn(name: string): string {
  return `arn:aws:sqs:${region}:${accountId}:${name}`;
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
