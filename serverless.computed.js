// What serverless.yml cannot express: values that follow from its parameters.
import { computed } from './deployment/parameters.js';

const DAY_SECONDS = 24 * 60 * 60;

/**
 * How long a received message stays hidden: six function time-outs and the batching window,
 * as https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html asks for.
 */
export const visibilityTimeoutSeconds = computed(
  ({ timeoutSeconds, batchingWindowSeconds }) => 6 * timeoutSeconds + batchingWindowSeconds,
);

/**
 * Three receives beyond MAX_RECEIVES: should the function die on the one where it gives up,
 * it can still answer on the next; only a message that kills it each time leaves without its verdict.
 */
const receivesOfRequests = ({ maxReceives }) => 3 + maxReceives;
export const maxReceiveCount = computed(receivesOfRequests);

/**
 * Ten receives, an hour of trying; then a message goes on as it is, because request-exhausted is what failed. AWS does
 * not say whether the count begins anew in this queue, so the receives of the requests queue are allowed for.
 */
export const exhaustedMaxReceiveCount = computed((parameters) => 10 + 1 + receivesOfRequests(parameters));

export const requestRetentionSeconds = computed(
  ({ requestRetentionDays }) => requestRetentionDays * DAY_SECONDS,
);

/** Half-way: a message keeps its age when SQS moves it, so each queue outlives the one that it is filled from. */
export const exhaustedRetentionSeconds = computed(
  ({ requestRetentionDays, deadLetterRetentionDays }) =>
    ((requestRetentionDays + deadLetterRetentionDays) / 2) * DAY_SECONDS,
);

export const outcomeRetentionSeconds = computed(
  ({ deadLetterRetentionDays }) => deadLetterRetentionDays * DAY_SECONDS,
);

// Of these two, null leaves the property out of the template.
export const kmsMasterKeyId = computed(({ kmsKeyArn }) => kmsKeyArn || null);
export const sqsManagedSseEnabled = computed(({ kmsKeyArn }) => (kmsKeyArn ? null : true));

/** Who gets the alarms; a topic without subscribers where nobody is named. */
export const alarmSubscriptions = computed(({ alarmAddress }) =>
  alarmAddress ? [{ Protocol: 'email', Endpoint: alarmAddress }] : null,
);

// A parameter from the command line is text, and CloudFormation wants a number here.
export const deadLettersThreshold = computed(({ alarmDeadLetters }) => alarmDeadLetters);
export const oldestRequestThreshold = computed(({ alarmOldestRequestSeconds }) => alarmOldestRequestSeconds);
