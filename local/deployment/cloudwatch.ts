import * as z from 'zod';
import { type Answer, refusal, type Service } from '../aws/service.ts';

/** An alarm that can be judged from what this machine knows at the moment. */
export interface LocalAlarm {
  readonly name: string;
  readonly description: string;
  readonly isRinging: () => boolean | Promise<boolean>;
}

export interface CloudWatchOptions {
  readonly alarms: readonly LocalAlarm[];
  /** For how many seconds the oldest message of a queue has been there; 0 where there is none. */
  readonly ageOfOldest: (queueName: string) => number;
}

const metricQuery = z.object({
  Id: z.string(),
  MetricStat: z.object({
    Metric: z.object({
      MetricName: z.literal('ApproximateAgeOfOldestMessage'),
      Dimensions: z.tuple([z.object({ Name: z.literal('QueueName'), Value: z.string() })]),
    }),
  }),
});
const metricRequest = z.object({ MetricDataQueries: z.array(metricQuery) });

/** CloudWatch of this machine: alarms as they are right now, and how old the messages of a queue are. */
export function createCloudWatch({ alarms, ageOfOldest }: CloudWatchOptions): Service {
  async function describeAlarms(prefix: unknown): Promise<Answer> {
    const asked = alarms.filter(({ name }) => name.startsWith(String(prefix ?? '')));
    const MetricAlarms = await Promise.all(
      asked.map(async ({ name, description, isRinging }) => ({
        AlarmName: name,
        AlarmDescription: description,
        StateValue: (await isRinging()) ? 'ALARM' : 'OK',
      })),
    );
    return { status: 200, body: { MetricAlarms } };
  }

  return async (operation, body) => {
    if (operation === 'DescribeAlarms') return describeAlarms(body.AlarmNamePrefix);
    const { data } = metricRequest.safeParse(body);
    if (operation !== 'GetMetricData' || data === undefined)
      return refusal('InvalidAction', `${operation} is not known here, or not for this metric.`);
    const MetricDataResults = data.MetricDataQueries.map(({ Id, MetricStat: { Metric } }) => ({
      Id,
      StatusCode: 'Complete',
      Timestamps: [Date.now() / 1000],
      Values: [ageOfOldest(Metric.Dimensions[0].Value)],
    }));
    return { status: 200, body: { MetricDataResults } };
  };
}
