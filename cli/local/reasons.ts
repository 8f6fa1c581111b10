import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { readDelivery } from '../../lib/events/delivery.ts';
import { createRequestReader } from '../../lib/events/request.ts';
import { providers } from '../../lib/providers/index.ts';
import { Failure } from '../../lib/records/failure.ts';

/** Why an event is invalid, which no log may tell, as it quotes what a producer has sent. */
export interface Reasons {
  /** Sees what a function gets. */
  take(event: SQSEvent): void;
  /** In words; undefined where the message is unknown, or its event is valid. */
  of(messageId: string): string | undefined;
}

const KEPT = 1_000;

export function createReasons(): Reasons {
  const read = createRequestReader(providers);
  const records = new Map<string, SQSRecord>();
  return {
    take({ Records }) {
      for (const record of Records) records.set(record.messageId, record);
      // The oldest come first.
      for (const messageId of records.keys()) {
        if (records.size <= KEPT) break;
        records.delete(messageId);
      }
    },
    of(messageId) {
      const record = records.get(messageId);
      try {
        if (record) read(readDelivery(record, ''));
        return undefined;
      } catch (error) {
        if (error instanceof Failure) return error.message;
        throw error;
      }
    },
  };
}
