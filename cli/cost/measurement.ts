import * as z from 'zod';

const count = z.int().min(0);
const positive = z.number().positive();

/** What one kind of batch took, all its invocations together; `durationMs` is the median of the warm ones. */
const run = z.strictObject({
  requests: count.min(1),
  invocations: count.min(1),
  durationMs: positive,
  outcomeCalls: count,
  deleteCalls: count,
  visibilityCalls: count,
  logLines: count,
  logBytes: count,
  /** The same lines, compressed as CloudWatch Logs stores them. */
  logGzipBytes: count,
});

/** Fresh containers, whose first request needs everything: the secret, an OAuth token, the user. */
const coldStarts = z.strictObject({
  count: count.min(1),
  /** The median from the start of the process to its first question for work. */
  initMs: positive,
  /** The median of the first invocation. */
  firstMs: positive,
});

/** What the built functions were seen to need. */
export const measurementSchema = z.strictObject({
  /** The day on which it was measured. */
  date: z.iso.date(),
  /** How long each call of a provider took. */
  providerMs: z.number().min(0),
  /** How long each call of SQS and Secrets Manager by the function took. */
  awsMs: z.number().min(0),
  oneRecord: run,
  fullBatches: run,
  coldStarts,
});

export type Measurement = z.infer<typeof measurementSchema>;
export type Run = Measurement['oneRecord'];
