import { randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { recordOf } from './deliveries.ts';

/** What the outside learns of one delivery. */
export type Told =
  | {
      readonly result: 'created' | 'existing';
      readonly user: unknown;
      readonly differences: readonly string[];
    }
  | {
      readonly result: 'dead-lettered';
      readonly remote: string;
      readonly code: string;
      readonly exhausted: boolean;
    }
  | HandedBack;

export interface HandedBack {
  readonly result: 'handed back';
  readonly code: string;
  readonly delaySeconds: number | undefined;
}

const completed = z.object({
  type: z.literal('user.completed.v1'),
  data: z.looseObject({
    result: z.enum(['created', 'existing']),
    user: z.unknown(),
    differences: z.array(z.string()),
  }),
});
const deadLettered = z.object({
  type: z.literal('user.dead_lettered.v1'),
  data: z.looseObject({
    remote: z.string(),
    failure: z.looseObject({ code: z.string(), exhausted: z.boolean() }),
  }),
});
const outcome = z.discriminatedUnion('type', [completed, deadLettered]);

/** What an outcome event tells; a failure's members stand beside `remote`. */
export function toldBy(body: string): Told {
  const { type, data } = outcome.parse(JSON.parse(body));
  if (type === 'user.completed.v1') {
    const { result, user, differences } = data;
    return { result, user, differences };
  }
  return { result: 'dead-lettered', remote: data.remote, ...data.failure };
}

const logLine = z.object({
  message: z.string().optional(),
  messageId: z.string().optional(),
  code: z.string().optional(),
});

/** What the log tells of a message that was handed back. */
export function handedBack(
  messageId: string,
  logs: readonly string[],
  delaySeconds: number | undefined,
): HandedBack {
  const line = logs
    .map((text) => logLine.parse(JSON.parse(text)))
    .findLast((one) => one.messageId === messageId && one.message === 'request handed back');
  return { result: 'handed back', code: line?.code ?? 'not logged', delaySeconds };
}

/** A message of its own for a request; its receipt handle is its id. */
export function messageOf(request: object, receives: number): SQSRecord {
  const messageId = randomUUID();
  return { ...recordOf(request, { receives }), messageId, receiptHandle: messageId };
}
