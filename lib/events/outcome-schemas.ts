import * as z from 'zod';
import { FAILURES, type FailureCode } from '../records/failure.ts';
import { MAX_ISSUES, timeSchema } from '../schema.ts';
import { connectionSchema, extensionSchema, identifierSchema, subjectSchema } from './attributes.ts';
import { COMPLETED, DEAD_LETTERED } from './types.ts';

const someText = z.string().min(1);
const count = z.int().min(0);
/** A time of ours, in UTC. */
const utcTime = z.iso.datetime();

const outcomeAttributes = {
  specversion: z.literal('1.0'),
  id: z.uuid({ version: 'v5' }),
  source: someText,
  time: utcTime,
  datacontenttype: z.literal('application/json'),
  subject: z.optional(subjectSchema),
  correlationid: z.optional(extensionSchema),
  causationid: z.optional(identifierSchema),
  traceparent: z.optional(extensionSchema),
  tracestate: z.optional(extensionSchema),
};

/** `user.completed.v1`, the answer to a request whose user exists; no other members, nothing null. */
export const completedSchema = z.strictObject({
  ...outcomeAttributes,
  type: z.literal(COMPLETED),
  correlationid: extensionSchema,
  causationid: identifierSchema,
  data: z.strictObject({
    request: z.strictObject({ id: identifierSchema, source: identifierSchema, time: z.optional(timeSchema) }),
    provider: someText,
    connection: connectionSchema,
    result: z.enum(['created', 'existing']),
    user: z.strictObject({
      id: someText,
      username: someText.optional(),
      state: someText.optional(),
      createdAt: someText.optional(),
    }),
    differences: z.array(someText),
    attempts: count.min(1),
  }),
});

const failureSchema = z.strictObject({
  code: z.enum(Object.keys(FAILURES) as FailureCode[]),
  message: someText,
  exhausted: z.boolean(),
  httpStatus: z.int().min(100).max(599).optional(),
  providerCode: someText.optional(),
  providerRequestId: someText.optional(),
  issues: z
    .array(z.strictObject({ path: z.string(), message: someText }))
    .max(MAX_ISSUES)
    .optional(),
  differences: z.array(someText).optional(),
});

/** `user.dead_lettered.v1`, the answer to a request that ended without its user; no other members, nothing null. */
export const deadLetteredSchema = z.strictObject({
  ...outcomeAttributes,
  type: z.literal(DEAD_LETTERED),
  data: z
    .strictObject({
      /** The request as it was received, so with whatever members it had. */
      request: z.looseObject({}).optional(),
      body: z.string().optional(),
      provider: z.string().optional(),
      connection: z.optional(connectionSchema),
      failure: failureSchema,
      remote: z.enum(['absent', 'present', 'unknown']),
      attempts: count.min(1),
      origin: z.strictObject({
        queueArn: someText,
        messageId: someText,
        sentAt: utcTime.optional(),
        firstReceivedAt: utcTime.optional(),
      }),
      redrives: count,
    })
    .refine(({ request, body }) => (request === undefined) !== (body === undefined), {
      error: 'must have either request or body',
      params: { oneOf: [{ required: ['request'] }, { required: ['body'] }] },
    }),
});

/** Either answer to a request, told apart by `type`. */
export const outcomeSchema = z.discriminatedUnion('type', [completedSchema, deadLetteredSchema]);

export type CompletedEvent = z.output<typeof completedSchema>;
export type DeadLetteredEvent = z.output<typeof deadLetteredSchema>;
export type OutcomeEvent = z.output<typeof outcomeSchema>;
