// The four queues: requests -> requests-exhausted -> dead-letters, and completions.
import { arnOf, either, type Properties, type Resource, type Resources, sub } from './intrinsics.ts';
import { type Deployment, prefixOf } from './names.ts';

const DAY_SECONDS = 24 * 60 * 60;
/** Nobody's poll of an empty queue comes back, and is billed, sooner than need be. */
const LONG_POLL_SECONDS = 20;

export function queues(deployment: Deployment): Resources {
  const { settings } = deployment;
  const { maxReceives, requestRetentionDays, deadLetterRetentionDays } = settings;
  const visibilitySeconds = functionVisibilitySeconds(deployment);
  const queue = (name: string, properties: Properties) => queueNamed(name, properties, deployment);
  return {
    RequestsQueue: queue('requests', {
      VisibilityTimeout: visibilitySeconds,
      MessageRetentionPeriod: requestRetentionDays * DAY_SECONDS,
      RedrivePolicy: redriveTo('RequestsExhaustedQueue', receivesOfRequests(maxReceives)),
      RedriveAllowPolicy: nobody,
    }),
    RequestsExhaustedQueue: queue('requests-exhausted', {
      VisibilityTimeout: visibilitySeconds,
      // Half-way: a message keeps its age when SQS moves it, so each queue outlives the one that it is filled from.
      MessageRetentionPeriod: ((requestRetentionDays + deadLetterRetentionDays) / 2) * DAY_SECONDS,
      // Ten receives, an hour of trying; then a message goes on as it is, because request-exhausted is what failed. AWS
      // does not say whether the count begins anew in this queue, so the receives of the requests queue are allowed for.
      RedrivePolicy: redriveTo('DeadLettersQueue', 10 + 1 + receivesOfRequests(maxReceives)),
      RedriveAllowPolicy: only('requests', deployment),
    }),
    CompletionsQueue: queue('completions', {
      VisibilityTimeout: settings.outcomeVisibilitySeconds,
      MessageRetentionPeriod: deadLetterRetentionDays * DAY_SECONDS,
      RedriveAllowPolicy: nobody,
    }),
    DeadLettersQueue: queue('dead-letters', {
      VisibilityTimeout: settings.outcomeVisibilitySeconds,
      MessageRetentionPeriod: deadLetterRetentionDays * DAY_SECONDS,
      RedriveAllowPolicy: only('requests-exhausted', deployment),
    }),
  };
}

function queueNamed(name: string, properties: Properties, deployment: Deployment): Resource {
  const { deletionProtection, kmsKeyArn } = deployment.settings;
  return {
    Type: 'AWS::SQS::Queue',
    DeletionPolicy: deletionProtection ? 'Retain' : 'Delete',
    // Whatever makes CloudFormation replace a queue, what lies in it is not lost.
    UpdateReplacePolicy: 'Retain',
    Properties: {
      QueueName: `${prefixOf(deployment)}${name}`,
      SqsManagedSseEnabled: either(kmsKeyArn, undefined, true),
      KmsMasterKeyId: either(kmsKeyArn, kmsKeyArn),
      ReceiveMessageWaitTimeSeconds: LONG_POLL_SECONDS,
      ...properties,
    },
  };
}

/**
 * How long a received message stays hidden: six function time-outs and the batching window,
 * as https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html asks for.
 */
function functionVisibilitySeconds({ settings }: Deployment): number {
  return 6 * settings.timeoutSeconds + settings.batchingWindowSeconds;
}

/**
 * Three receives beyond MAX_RECEIVES: should the function die on the one where it gives up,
 * it can still answer on the next; only a message that kills it each time leaves without its verdict.
 */
function receivesOfRequests(maxReceives: number): number {
  return 3 + maxReceives;
}

const redriveTo = (queue: string, maxReceiveCount: number) => ({
  deadLetterTargetArn: arnOf(queue),
  maxReceiveCount,
});

/** No queue may name this one as its dead-letter queue. */
const nobody = { redrivePermission: 'denyAll' };

/** Spelled out, as two queues cannot refer to each other. */
const only = (source: string, deployment: Deployment) => ({
  redrivePermission: 'byQueue',
  sourceQueueArns: [
    sub(`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${prefixOf(deployment)}${source}`),
  ],
});
