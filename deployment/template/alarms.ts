// When somebody is called, and what the alarm tells them to do. Nothing to measure is no alarm: SQS stops its metrics
// six hours after a queue was last used, Lambda and Usher send none while nothing happens.
import {
  conditionFor,
  either,
  nameOfQueue,
  type Properties,
  type Resource,
  type Resources,
  ref,
  sub,
  type Value,
} from './intrinsics.ts';
import { type Deployment, type FunctionName, prefixOf, sourceOf } from './names.ts';

const PERIOD_SECONDS = 300;

interface Alarm {
  /** Follows the deployment's prefix; the section of docs/operations.md is found by it. */
  readonly name: string;
  /** What is wrong and what to do first, with one command that needs nothing else; at most 1,024 characters. */
  readonly text: string;
  readonly section: string;
  /** What is measured: a metric with its statistic, or an expression over several. */
  readonly watched: Properties;
  readonly threshold: number;
  readonly isOnlyAbove?: boolean;
  /** Of so many periods, so many must be over the threshold. */
  readonly periods: number;
  readonly breaching?: number;
}

/** Every alarm of a deployment by its logical id. */
function alarmsOf(deployment: Deployment): Readonly<Record<string, Alarm>> {
  const { settings } = deployment;
  const { alarmCompletions, alarmOldestCompletionSeconds, alarmDeadLetters } = settings;
  const prefix = prefixOf(deployment);

  return {
    DeadLettersWaitingAlarm: {
      name: 'dead-letters-waiting',
      text: `Requests ended without a user, and their dead letters have lain there, read or not, for a quarter of an hour. What failed, code by code: ${logs(prefix, 'user-requested', '{ $.message = "request dead-lettered" }')}. Mend the cause, then redrive the letters to the requests queue.`,
      section: 'Dead letters are waiting',
      // The least of five minutes, three times. A letter that somebody has just read is there all the same.
      watched: allMessagesIn('DeadLettersQueue', 'Minimum'),
      threshold: alarmDeadLetters,
      periods: 3,
    },
    ...(alarmCompletions > 0 && {
      CompletionsWaitingAlarm: {
        name: 'completions-waiting',
        text: `There are ${alarmCompletions} completions or more, unread for a quarter of an hour: whoever reads them is too slow, or has stopped. How many, and how many are being read: ${count(`${prefix}completions`)}. See the log of what reads them. Where nobody is meant to read them, deploy with alarmCompletions and alarmOldestCompletionSeconds 0.`,
        section: 'Completions are waiting',
        watched: metricOfQueue('CompletionsQueue', 'ApproximateNumberOfMessagesVisible', 'Minimum'),
        threshold: alarmCompletions,
        periods: 3,
      },
    }),
    ...(alarmOldestCompletionSeconds > 0 && {
      OldestCompletionAlarm: {
        name: 'completions-wait-too-long',
        text: `A completion has lain unread for more than ${alarmOldestCompletionSeconds} seconds; after ${settings.deadLetterRetentionDays} days SQS drops it. Whoever reads them has stopped, or cannot finish one of them. How many there are, and are being read: ${count(`${prefix}completions`)}. See the log of what reads them. Where nobody is meant to read them, deploy with alarmCompletions and alarmOldestCompletionSeconds 0.`,
        section: 'Completions are waiting',
        watched: metricOfQueue('CompletionsQueue', 'ApproximateAgeOfOldestMessage', 'Maximum'),
        threshold: alarmOldestCompletionSeconds,
        isOnlyAbove: true,
        periods: 3,
      },
    }),
    OldestRequestAlarm: {
      name: 'requests-wait-too-long',
      text: `A request has waited longer than ${settings.alarmOldestRequestSeconds} seconds. Nothing is lost, the longest a request can wait is ${settings.requestRetentionDays} days. Why they are handed back: ${logs(prefix, 'user-requested', '{ $.message = "request handed back" }')}. No lines: is the function failing, throttled or stopped, or do more requests come in than are completed (then raise maximumConcurrency)?`,
      section: 'Requests wait too long',
      watched: metricOfQueue('RequestsQueue', 'ApproximateAgeOfOldestMessage', 'Maximum'),
      threshold: settings.alarmOldestRequestSeconds,
      isOnlyAbove: true,
      periods: 2,
    },
    RequestsExhaustedAlarm: {
      name: 'requests-exhausted',
      text: `SQS gave requests up because user-requested died each time that it got them (crash, time-out, out of memory), and they have not been answered yet. How its invocations ended: ${logs(prefix, 'user-requested', '{ $.type = "platform.report" && $.record.status != "success" }')}. If the queue does not empty by itself, request-exhausted is failing too: look at its log.`,
      section: 'Requests are exhausted',
      watched: allMessagesIn('RequestsExhaustedQueue', 'Maximum', 60),
      threshold: 1,
      periods: 1,
    },
    UserRequestedErrorsAlarm: {
      name: 'user-requested-errors',
      text: `Invocations of user-requested died again and again; a failing provider or request is never the reason, those are answered. Their requests come back after the visibility time-out. Was it deployed or configured just now? Then roll back. How they ended: ${logs(prefix, 'user-requested', '{ $.type = "platform.report" && $.record.status != "success" }')}. An import that failed names the variable.`,
      section: 'A function fails',
      watched: metricOfFunction('user-requested', 'Errors'),
      threshold: 1,
      // Twice in a quarter of an hour: the next delivery mends a single death.
      periods: 3,
      breaching: 2,
    },
    RequestExhaustedErrorsAlarm: {
      name: 'request-exhausted-errors',
      text: `Invocations of request-exhausted died again and again. After ten receives SQS moves its messages to the dead-letter queue as they are, so no request is lost, but their answers lack the failure. Was it deployed or configured just now? Then roll back. How they ended: ${logs(prefix, 'request-exhausted', '{ $.type = "platform.report" && $.record.status != "success" }')}.`,
      section: 'A function fails',
      watched: metricOfFunction('request-exhausted', 'Errors'),
      threshold: 1,
      periods: 3,
      breaching: 2,
    },
    UserRequestedThrottlesAlarm: {
      name: 'user-requested-throttles',
      text: `Lambda refuses to run user-requested because the concurrency that it may use is used up; each refusal may cost its requests one of their receives. Who may use how much: aws lambda get-account-settings --region \${AWS::Region}. Find the function that takes it all, ask AWS for a higher quota, or lower maximumConcurrency.`,
      section: 'A function is throttled',
      watched: metricOfFunction('user-requested', 'Throttles'),
      threshold: 1,
      periods: 3,
      breaching: 2,
    },
    RequestExhaustedThrottlesAlarm: {
      name: 'request-exhausted-throttles',
      text: `Lambda refuses to run request-exhausted because the account's concurrency is used up, most likely by another function. Who may use how much: aws lambda get-account-settings --region \${AWS::Region}. Find the one that takes it all, or ask AWS for a higher quota.`,
      section: 'A function is throttled',
      watched: metricOfFunction('request-exhausted', 'Throttles'),
      threshold: 1,
      periods: 3,
      breaching: 2,
    },
    PausedConnectionAlarm: {
      name: 'connection-paused',
      text: `A provider refuses our credentials, a secret cannot be used, or a provider fails again and again; its requests wait in the queue. Which connection, and why: ${logs(prefix, 'user-requested', '{ $.message = "connection paused" || $.message = "connection healed" }')}. provider_unauthorized: put a valid key into the secret that is named. secret_unavailable or secret_invalid: repair it. Any other code: see the provider's status page. Usher goes on by itself at its next probe, within 72 minutes unless the provider asked for a longer wait.`,
      section: 'A connection is paused',
      watched: {
        Namespace: 'Usher',
        MetricName: 'PausedConnections',
        Dimensions: [{ Name: 'source', Value: sourceOf(deployment) }],
        Statistic: 'Maximum',
        Period: PERIOD_SECONDS,
      },
      threshold: 1,
      // Requests come back no later than 72 minutes on, for the next probe, where no Retry-After says otherwise: only
      // after 75 minutes is silence good news.
      periods: 15,
      breaching: 1,
    },
    NothingCompletesAlarm: {
      name: 'nothing-completes',
      text: `Requests have been in the queue for half an hour and nothing was put into the completions queue. Is the trigger on? aws lambda list-event-source-mappings --region \${AWS::Region} --function-name ${prefix}user-requested --query "EventSourceMappings[].[State,StateTransitionReason]". If it is, the log says why they are handed back: ${logs(prefix, 'user-requested', '{ $.level = "WARN" }')}`,
      section: 'Nothing is completed',
      // By SQS's own metrics, as a function that never ran has none.
      watched: {
        Metrics: [
          expression(
            'stuck',
            'IF(waiting + taken > 0 AND FILL(completed, 0) == 0, 1, 0)',
            '1 while requests wait and none is completed',
          ),
          ...messagesIn('RequestsQueue', 'Maximum', PERIOD_SECONDS),
          measured('completed', 'CompletionsQueue', 'NumberOfMessagesSent', 'Sum', PERIOD_SECONDS),
        ],
      },
      threshold: 1,
      // Half an hour, about the first six tries of one request: a blip in a quiet night wakes nobody.
      periods: 6,
    },
  };
}

/** The alarms, the topic that they tell, and who is subscribed to it. */
export function alarms(deployment: Deployment): Resources {
  const topic = alarmTopicOf(deployment.settings);
  const all = Object.entries(alarmsOf(deployment)).map(([id, alarm]) => [
    id,
    alarmResource(alarm, topic, deployment),
  ]);
  return { ...topicOf(deployment), ...Object.fromEntries(all) };
}

/** The ARN of the topic that alarms tell. */
export function alarmTopicOf({ alarmTopicArn }: Deployment['settings']): Value {
  return either(alarmTopicArn, alarmTopicArn, ref('AlarmTopic'));
}

function alarmResource(alarm: Alarm, topic: Value, deployment: Deployment): Resource {
  const { name, text, section, watched, threshold, isOnlyAbove, periods, breaching = periods } = alarm;
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${prefixOf(deployment)}${name}`,
      AlarmDescription: sub(
        `${text} See docs/operations.md, "${section}", or run: npx usher doctor --stage ${deployment.stage}`,
      ),
      ...watched,
      EvaluationPeriods: periods,
      DatapointsToAlarm: breaching,
      Threshold: threshold,
      ComparisonOperator: isOnlyAbove ? 'GreaterThanThreshold' : 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [topic],
      OKActions: [topic],
    },
  };
}

/**
 * It is not encrypted with the customer's key: it tells nothing of a person, and a key whose policy forgets CloudWatch
 * would swallow every alarm in silence. Without a subscription an alarm is seen in the console only.
 */
function topicOf(deployment: Deployment): Resources {
  const { alarmTopicArn, alarmAddresses } = deployment.settings;
  if (alarmTopicArn !== '' && conditionFor(alarmTopicArn) === undefined) return {};
  const subscriptions = alarmAddresses.map((Endpoint, at) => [
    at === 0 ? 'AlarmSubscription' : `AlarmSubscription${at + 1}`,
    {
      Type: 'AWS::SNS::Subscription',
      Condition: conditionFor(alarmAddresses),
      Properties: {
        TopicArn: alarmTopicOf(deployment.settings),
        Protocol: 'email',
        Endpoint,
      },
    },
  ]);
  return {
    AlarmTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: `${prefixOf(deployment)}alarms` },
    },
    ...Object.fromEntries(subscriptions),
  };
}

/** A command that can be pasted anywhere: what the last hour's log says. */
function logs(prefix: string, name: FunctionName, pattern: string): string {
  const group = `/aws/lambda/${prefix}${name}`;
  return `aws logs filter-log-events --region \${AWS::Region} --log-group-name ${group} --start-time $(($(date +%s)-3600))000 --filter-pattern '${pattern}' --query "events[].message" --output text`;
}

/** A command that can be pasted anywhere: how many messages a queue holds. */
function count(queue: string): string {
  const url = `"$(aws sqs get-queue-url --region \${AWS::Region} --queue-name ${queue} --query QueueUrl --output text)"`;
  return `aws sqs get-queue-attributes --region \${AWS::Region} --queue-url ${url} --attribute-names All`;
}

function metricOfQueue(queue: string, MetricName: string, Statistic: string): Properties {
  const Dimensions = [{ Name: 'QueueName', Value: nameOfQueue(queue) }];
  return { Namespace: 'AWS/SQS', MetricName, Dimensions, Statistic, Period: PERIOD_SECONDS };
}

function metricOfFunction(name: FunctionName, MetricName: string): Properties {
  const id =
    name === 'user-requested' ? 'UserDashrequestedLambdaFunction' : 'RequestDashexhaustedLambdaFunction';
  const Dimensions = [{ Name: 'FunctionName', Value: ref(id) }];
  return { Namespace: 'AWS/Lambda', MetricName, Dimensions, Statistic: 'Sum', Period: PERIOD_SECONDS };
}

/** All that lie in a queue: those that can be received, and those that somebody has received and may give back. */
function allMessagesIn(queue: string, stat: string, period = PERIOD_SECONDS): Properties {
  return {
    Metrics: [
      expression('messages', 'waiting + taken', 'Messages in the queue'),
      ...messagesIn(queue, stat, period),
    ],
  };
}

function messagesIn(queue: string, stat: string, period: number): Value[] {
  return [
    measured('waiting', queue, 'ApproximateNumberOfMessagesVisible', stat, period),
    measured('taken', queue, 'ApproximateNumberOfMessagesNotVisible', stat, period),
  ];
}

const expression = (Id: string, Expression: string, Label: string) => ({
  Id,
  Expression,
  Label,
  ReturnData: true,
});

const measured = (Id: string, queue: string, MetricName: string, Stat: string, Period: number) => ({
  Id,
  ReturnData: false,
  MetricStat: {
    Metric: {
      Namespace: 'AWS/SQS',
      MetricName,
      Dimensions: [{ Name: 'QueueName', Value: nameOfQueue(queue) }],
    },
    Period,
    Stat,
  },
});
