import { CloudWatchClient, GetMetricDataCommand, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { paginateListSubscriptionsByTopic, SNSClient } from '@aws-sdk/client-sns';

export interface Alarm {
  readonly name: string;
  readonly state: string;
  /** What is wrong and what to do first. */
  readonly text: string;
}

/** The alarms whose names begin so. */
export async function alarmsOf(prefix: string, region: string): Promise<Alarm[]> {
  const client = new CloudWatchClient({ region });
  try {
    const alarms: Alarm[] = [];
    for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: prefix })) {
      for (const { AlarmName = '', StateValue = '', AlarmDescription = '' } of page.MetricAlarms ?? [])
        alarms.push({ name: AlarmName, state: StateValue, text: AlarmDescription });
    }
    return alarms;
  } finally {
    client.destroy();
  }
}

const PERIOD_SECONDS = 300;

/** For how many seconds the oldest message of each queue has waited, by CloudWatch, which hears of it some minutes later; no entry where it knows nothing. */
export async function oldestIn(queueNames: readonly string[], region: string): Promise<Map<string, number>> {
  const client = new CloudWatchClient({ region });
  try {
    const now = Date.now();
    const command = new GetMetricDataCommand({
      StartTime: new Date(now - 3 * PERIOD_SECONDS * 1000),
      EndTime: new Date(now),
      ScanBy: 'TimestampDescending',
      MetricDataQueries: queueNames.map((Value, at) => ({
        Id: `q${at}`,
        MetricStat: {
          Metric: {
            Namespace: 'AWS/SQS',
            MetricName: 'ApproximateAgeOfOldestMessage',
            Dimensions: [{ Name: 'QueueName', Value }],
          },
          Period: PERIOD_SECONDS,
          Stat: 'Maximum',
        },
      })),
    });
    const { MetricDataResults = [] } = await client.send(command);
    const ages = MetricDataResults.map(({ Id = '', Values = [] }) => [
      queueNames[Number(Id.slice(1))],
      Values[0],
    ]);
    return new Map(ages.filter((pair): pair is [string, number] => !pair.includes(undefined)));
  } finally {
    client.destroy();
  }
}

/** How many have confirmed that they want to be told of alarms, and how many have been asked and have not. */
export async function subscribersOf(topicArn: string, region: string) {
  const client = new SNSClient({ region });
  try {
    let confirmed = 0;
    let pending = 0;
    const pages = paginateListSubscriptionsByTopic({ client }, { TopicArn: topicArn });
    for await (const { Subscriptions = [] } of pages) {
      for (const { SubscriptionArn } of Subscriptions) {
        if (SubscriptionArn === 'PendingConfirmation') pending += 1;
        else confirmed += 1;
      }
    }
    return { confirmed, pending };
  } finally {
    client.destroy();
  }
}
