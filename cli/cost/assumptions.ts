/** What cannot be measured on one machine. AWS documents it, or it is a guess on the dear side. */
export const ASSUMED = {
  /** As AWS counts a month: 730 hours. */
  monthSeconds: 730 * 3600,
  /** Of each call of SQS, Secrets Manager or DynamoDB inside a region; the measurement waits as long. */
  awsMs: 10,
  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
  memoryMbOfOneVcpu: 1_769,
  /** AWS: "under 1%" of invocations. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
  coldStartShare: 0.01,
  /** Five long polls at a time. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
  pollersOfAQueue: 5,
  longPollSeconds: 20,
  /** As long as Usher keeps a secret. */
  secretTtlSeconds: 300,
  sqsChunkBytes: 65_536,
  /** What CloudWatch Logs stores with each line. */
  logLineOverheadBytes: 26,
  /** What Lambda itself logs of an invocation: `platform.start` and `platform.report`, at the level INFO. */
  platformLines: 2,
  platformBytes: 400,
  /** Powertools' way: one conditional put before, one update after, of an item of up to 1 KB. */
  idempotencyWrites: 2,
  idempotencyItemBytes: 500,
  /** As long as a dead letter lives, which may be redriven. */
  idempotencyDays: 14,
  /** Check the event, check the role, create the user, look at the answer, send the outcome. */
  workflowStates: 5,
  /** The least that an Express workflow is billed for. */
  expressMemoryMb: 64,
  expressRoundingMs: 100,
} as const;
