import * as z from 'zod';
import type { JsonObject } from '../../lib/json.ts';
import type { Messages } from './messages.ts';
import { type Repairs, repair, unchanged } from './repair.ts';

const entry = z.looseObject({ ReceiptHandle: z.string() });
const batchRequest = z.looseObject({ Entries: z.array(entry) });

/** DeleteMessage and its batch, which let go of the content too. */
export function deleteRepairs(messages: Messages): Repairs {
  const forget = (answer: JsonObject, entries: readonly z.infer<typeof entry>[]) => {
    for (const { ReceiptHandle } of entries) messages.remove(ReceiptHandle);
    return answer;
  };
  return [
    ['DeleteMessage', repair(entry, unchanged, (answer, request) => forget(answer, [request]))],
    ['DeleteMessageBatch', repair(batchRequest, unchanged, (answer, { Entries }) => forget(answer, Entries))],
  ];
}
