// What serverless.yml cannot express: values that follow from its parameters.

const parameter = async (resolveVariable, name) => Number(await resolveVariable(`param:${name}`));

/**
 * How long a received message stays hidden: six function time-outs and the batching window,
 * as https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html asks for.
 */
export const visibilityTimeoutSeconds = async ({ resolveVariable }) =>
  6 * (await parameter(resolveVariable, 'timeoutSeconds')) +
  (await parameter(resolveVariable, 'batchingWindowSeconds'));

/**
 * Three receives beyond MAX_RECEIVES: should the function die on the one where it gives up,
 * it can still answer on the next; only a message that kills it each time leaves without its verdict.
 */
export const maxReceiveCount = async ({ resolveVariable }) =>
  3 + (await parameter(resolveVariable, 'maxReceives'));

/**
 * Ten receives, an hour of trying; then a message goes on as it is, because request-exhausted is what failed. AWS does
 * not say whether the count begins anew in this queue, so the receives of the requests queue are allowed for.
 */
export const exhaustedMaxReceiveCount = async (options) => 10 + 1 + (await maxReceiveCount(options));
