import type { Message } from '@aws-sdk/client-sqs';

/** Messages that were read ahead, and which of them come next. */
export interface FairOrder {
  add(messages: readonly Message[]): void;
  /** So many of them: of the group that has the fewest at work, the oldest first. */
  take(count: number): Message[];
  /** One of each of these groups is no longer at work. */
  done(groups: readonly string[]): void;
  waiting(): number;
}

/**
 * The order of a fair queue: a group with many messages does not delay another one's few. The emulator knows none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function createFairOrder(): FairOrder {
  const waiting = new Map<string, Message[]>();
  const atWork = new Map<string, number>();
  let count = 0;

  function next(): Message | undefined {
    const groups = [...waiting.keys()];
    const quiet = groups.reduce<string | undefined>(
      (least, group) => (least !== undefined && busy(least) <= busy(group) ? least : group),
      undefined,
    );
    if (quiet === undefined) return undefined;
    const messages = waiting.get(quiet) ?? [];
    const message = messages.shift();
    if (messages.length === 0) waiting.delete(quiet);
    atWork.set(quiet, busy(quiet) + 1);
    count -= 1;
    return message;
  }

  const busy = (group: string) => atWork.get(group) ?? 0;
  return {
    add(messages) {
      for (const message of messages) {
        const known = waiting.get(groupOf(message)) ?? [];
        known.push(message);
        waiting.set(groupOf(message), known);
      }
      count += messages.length;
    },
    take: (most) => Array.from({ length: most }, next).filter((message) => message !== undefined),
    done(groups) {
      for (const group of groups) {
        if (busy(group) > 1) atWork.set(group, busy(group) - 1);
        else atWork.delete(group);
      }
    },
    waiting: () => count,
  };
}

/** A message without one is a group of its own. */
function groupOf({ Attributes, MessageId = '' }: Message): string {
  return Attributes?.MessageGroupId ?? MessageId;
}
