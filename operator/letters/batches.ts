import { MAX_MESSAGE_BYTES } from '../../lib/events/message.ts';
import type { Outgoing } from '../aws/queue.ts';

const MOST = 10;

/** Puts messages into batches that SQS takes: ten at most, or fewer, of 1 MiB together. */
export function inBatches<T extends Outgoing>(messages: readonly T[], most = MOST): T[][] {
  const limit = Math.min(MOST, most);
  const batches: T[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = bytesOf(message);
    const last = batches.at(-1);
    if (last === undefined || last.length === limit || bytes + size > MAX_MESSAGE_BYTES) {
      batches.push([message]);
      bytes = size;
    } else {
      last.push(message);
      bytes += size;
    }
  }
  return batches;
}

/** As SQS counts: the body, and each attribute's name, type and value. */
function bytesOf({ body, attributes }: Outgoing): number {
  return Object.entries(attributes).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    Buffer.byteLength(body),
  );
}

function valueBytes({
  DataType = '',
  StringValue = '',
  BinaryValue,
}: Outgoing['attributes'][string]): number {
  return Buffer.byteLength(DataType) + Buffer.byteLength(StringValue) + (BinaryValue?.byteLength ?? 0);
}
