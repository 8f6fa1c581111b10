import * as z from 'zod';
import type { Messages } from './messages.ts';
import { type Repairs, repair, unchanged } from './repair.ts';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
const MAX_SECONDS = 43_200;

const entry = z.looseObject({ ReceiptHandle: z.string(), VisibilityTimeout: z.number() });
const batchRequest = z.looseObject({ Entries: z.array(entry) });

type Entry = z.infer<typeof entry>;

/**
 * ChangeMessageVisibility and its batch: the 12 hours count from the receive, and what is asked for is
 * multiplied by `scale` and rounded up to a whole second.
 */
export function visibilityRepairs(messages: Messages, scale: number): Repairs {
  const scaled = (request: Entry): Entry => {
    const { ReceiptHandle, VisibilityTimeout } = request;
    const left = MAX_SECONDS - messages.secondsSinceReceive(ReceiptHandle);
    // The emulator counts anew at each change, so it is given something that it refuses too.
    const isAllowed = VisibilityTimeout >= 0 && VisibilityTimeout <= left;
    return {
      ...request,
      VisibilityTimeout: isAllowed ? Math.ceil(VisibilityTimeout * scale) : MAX_SECONDS + 1,
    };
  };
  const scaledBatch = (request: z.infer<typeof batchRequest>) => ({
    ...request,
    Entries: request.Entries.map(scaled),
  });
  return [
    ['ChangeMessageVisibility', repair(entry, scaled, unchanged)],
    ['ChangeMessageVisibilityBatch', repair(batchRequest, scaledBatch, unchanged)],
  ];
}
