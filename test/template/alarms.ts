import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { existingMetrics, metricKey } from './metric-catalogue.ts';
import { alarmTopic, arnOf, type Packages, type Template } from './packaged-service.ts';

const Dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() }));
const Metric = z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions });
const Measured = z.strictObject({
  Id: z.string(),
  ReturnData: z.literal(false),
  MetricStat: z.strictObject({ Metric, Period: z.number(), Stat: z.enum(['Minimum', 'Maximum', 'Sum']) }),
});
const Computed = z.strictObject({
  Id: z.string(),
  ReturnData: z.literal(true),
  Expression: z.string(),
  Label: z.string(),
});
const Told = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1),
  Threshold: z.number(),
  ComparisonOperator: z.enum(['GreaterThanThreshold', 'GreaterThanOrEqualToThreshold']),
  TreatMissingData: z.literal('notBreaching'),
  AlarmActions: z.array(z.string()),
  OKActions: z.array(z.string()),
});
const OnOne = Told.extend({
  ...Metric.shape,
  Statistic: z.enum(['Minimum', 'Maximum', 'Sum']),
  Period: z.number(),
}).strict();
const OnSeveral = Told.extend({ Metrics: z.array(z.union([Measured, Computed])) }).strict();
const Alarm = z.union([OnOne, OnSeveral]);
type Alarm = z.infer<typeof Alarm>;
const Topic = z.strictObject({ TopicName: z.string() });
const Subscription = z.strictObject({ TopicArn: z.string(), Protocol: z.string(), Endpoint: z.string() });

const alarms = (template: Template) => [...template.all('AWS::CloudWatch::Alarm', Alarm).values()];
const queriesOf = (alarm: Alarm) => ('Metrics' in alarm ? alarm.Metrics : []);
const measuredOf = (alarm: Alarm) =>
  'Metrics' in alarm
    ? queriesOf(alarm).flatMap((it) =>
        'MetricStat' in it ? [{ ...it.MetricStat.Metric, Period: it.MetricStat.Period }] : [],
      )
    : [alarm];

/** When somebody is called, and what they are told. */
export function alarmTests(packages: () => Packages): void {
  let dev: Template;
  let prod: Template;
  let corporate: Template;

  beforeAll(() => {
    [dev, prod] = [packages().dev.template, packages().prod.template];
    corporate = packages().corporate.template;
  });

  describe('the alarms', () => {
    test('ring for each way in which requests may not get through', () => {
      expect(alarms(dev).map((it) => it.AlarmName)).toEqual([
        'usher-dev-dead-letters-waiting',
        'usher-dev-completions-waiting',
        'usher-dev-completions-wait-too-long',
        'usher-dev-requests-wait-too-long',
        'usher-dev-requests-exhausted',
        'usher-dev-user-requested-errors',
        'usher-dev-request-exhausted-errors',
        'usher-dev-user-requested-throttles',
        'usher-dev-request-exhausted-throttles',
        'usher-dev-connection-paused',
        'usher-dev-nothing-completes',
      ]);
    });

    test.each([
      ['dev', ['>= 1', '>= 1000', '> 3600', '> 900']],
      ['prod', ['>= 5', '> 1800']],
    ] as const)(
      'ring in stage %s at what is set for them, the others at one of what they count',
      (stage, set) => {
        const signs = { GreaterThanThreshold: '>', GreaterThanOrEqualToThreshold: '>=' };
        const thresholds = alarms(stage === 'dev' ? dev : prod).map(
          (it) => `${signs[it.ComparisonOperator]} ${it.Threshold}`,
        );
        expect(thresholds).toEqual([...set, ...Array(7).fill('>= 1')]);
      },
    );

    test('of completions are off where nobody reads them', () => {
      const names = alarms(prod).map((it) => it.AlarmName);
      expect(names.filter((name) => name.includes('completions'))).toEqual([]);
    });

    test('watch metrics that exist', () => {
      const watched = alarms(dev).flatMap((alarm) =>
        measuredOf(alarm).map((it) =>
          metricKey(
            it.Namespace,
            it.MetricName,
            it.Dimensions.map(({ Name }) => Name),
          ),
        ),
      );
      expect(watched.filter((metric) => !existingMetrics.has(metric))).toEqual([]);
      expect(watched.length).toBe(15);
    });

    test('measure what they are called after', () => {
      const watched = alarms(dev).map((alarm) => [
        alarm.AlarmName.replace('usher-dev-', ''),
        ...('Metrics' in alarm
          ? queriesOf(alarm).map((it) =>
              'MetricStat' in it
                ? `${it.Id}: ${it.MetricStat.Stat} of ${it.MetricStat.Metric.MetricName}`
                : it.Expression,
            )
          : [`${alarm.Statistic} of ${alarm.MetricName}`]),
      ]);
      expect(watched).toEqual([
        [
          'dead-letters-waiting',
          'waiting + taken',
          'waiting: Minimum of ApproximateNumberOfMessagesVisible',
          'taken: Minimum of ApproximateNumberOfMessagesNotVisible',
        ],
        ['completions-waiting', 'Minimum of ApproximateNumberOfMessagesVisible'],
        ['completions-wait-too-long', 'Maximum of ApproximateAgeOfOldestMessage'],
        ['requests-wait-too-long', 'Maximum of ApproximateAgeOfOldestMessage'],
        [
          'requests-exhausted',
          'waiting + taken',
          'waiting: Maximum of ApproximateNumberOfMessagesVisible',
          'taken: Maximum of ApproximateNumberOfMessagesNotVisible',
        ],
        ['user-requested-errors', 'Sum of Errors'],
        ['request-exhausted-errors', 'Sum of Errors'],
        ['user-requested-throttles', 'Sum of Throttles'],
        ['request-exhausted-throttles', 'Sum of Throttles'],
        ['connection-paused', 'Maximum of PausedConnections'],
        [
          'nothing-completes',
          'IF(waiting + taken > 0 AND FILL(completed, 0) == 0, 1, 0)',
          'waiting: Maximum of ApproximateNumberOfMessagesVisible',
          'taken: Maximum of ApproximateNumberOfMessagesNotVisible',
          'completed: Sum of NumberOfMessagesSent',
        ],
      ]);
    });

    test('watch the queues, functions and metrics of their own stage', () => {
      const values = (template: Template) =>
        alarms(template).map((alarm) => [
          alarm.AlarmName,
          ...new Set(measuredOf(alarm).flatMap((it) => it.Dimensions.map(({ Value }) => Value))),
        ]);
      const expected = (stage: string) => [
        [`usher-${stage}-dead-letters-waiting`, `usher-${stage}-dead-letters`],
        ...(stage === 'dev'
          ? [
              ['usher-dev-completions-waiting', 'usher-dev-completions'],
              ['usher-dev-completions-wait-too-long', 'usher-dev-completions'],
            ]
          : []),
        [`usher-${stage}-requests-wait-too-long`, `usher-${stage}-requests`],
        [`usher-${stage}-requests-exhausted`, `usher-${stage}-requests-exhausted`],
        [`usher-${stage}-user-requested-errors`, `usher-${stage}-user-requested`],
        [`usher-${stage}-request-exhausted-errors`, `usher-${stage}-request-exhausted`],
        [`usher-${stage}-user-requested-throttles`, `usher-${stage}-user-requested`],
        [`usher-${stage}-request-exhausted-throttles`, `usher-${stage}-request-exhausted`],
        [`usher-${stage}-connection-paused`, `urn:usher:${stage}`],
        [`usher-${stage}-nothing-completes`, `usher-${stage}-requests`, `usher-${stage}-completions`],
      ];
      expect(values(dev)).toEqual(expected('dev'));
      expect(values(prod)).toEqual(expected('prod'));
    });

    test('look at a span that CloudWatch accepts, no more data points than there are in it', () => {
      for (const alarm of alarms(dev)) {
        const periods = new Set(measuredOf(alarm).map(({ Period }) => Period));
        expect(periods.size, alarm.AlarmName).toBe(1);
        const [period = 0] = periods;
        expect(period % 60, alarm.AlarmName).toBe(0);
        expect(period * alarm.EvaluationPeriods, alarm.AlarmName).toBeLessThanOrEqual(86_400);
        expect(alarm.DatapointsToAlarm, alarm.AlarmName).toBeLessThanOrEqual(alarm.EvaluationPeriods);
      }
    });

    test('compute from metrics that they measure, each of which is used', () => {
      for (const alarm of alarms(dev).filter((it) => 'Metrics' in it)) {
        const [computed, ...others] = queriesOf(alarm).filter((it) => 'Expression' in it);
        expect(others, alarm.AlarmName).toEqual([]);
        const named = new Set(computed?.Expression.match(/\b[a-z]\w*/g));
        const measured = queriesOf(alarm).filter((it) => 'MetricStat' in it);
        expect([...named].sort(), alarm.AlarmName).toEqual(measured.map(({ Id }) => Id).sort());
      }
    });

    test('see a paused connection from one probe to the next, the longest wait included', () => {
      const paused = alarms(dev).find((it) => it.AlarmName === 'usher-dev-connection-paused');
      expect(paused).toMatchObject({ Period: 300, DatapointsToAlarm: 1, Statistic: 'Maximum', Threshold: 1 });
      // An hour until the probe and up to a fifth more by chance: lib/connection-gate.ts.
      expect(5 * (paused?.EvaluationPeriods ?? 0)).toBeGreaterThan(60 * 1.2);
    });

    test('say what happened and where to read on, in what CloudWatch can hold', () => {
      for (const { AlarmName, AlarmDescription } of alarms(dev)) {
        expect(AlarmDescription, AlarmName).toMatch(
          /^[A-Z].+\. .*See docs\/operations\.md, "[^"]+", or run: npx usher doctor --stage dev$/,
        );
        expect(AlarmDescription.length, AlarmName).toBeLessThanOrEqual(1024);
      }
    });

    test('send their reader to sections that docs/operations.md has', async () => {
      const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
      const sections = new Set([...page.matchAll(/^### (.+)$/gm)].map(([, title]) => title));
      const told = alarms(dev).map((it) => it.AlarmDescription.match(/"([^"]+)", or run/)?.[1]);
      expect(told.filter((title) => !sections.has(title))).toEqual([]);
    });

    test('give a command that can be pasted as it stands, for the region and the stage that they are of', () => {
      for (const { AlarmName, AlarmDescription } of [...alarms(dev), ...alarms(corporate)]) {
        const names = new Set(AlarmDescription.match(/(acme-)?usher-[a-z]+-[a-z-]+/g));
        const prefix = AlarmName.startsWith('acme') ? 'acme-usher-corp-' : 'usher-dev-';
        expect(AlarmDescription, AlarmName).toMatch(/aws \w+ [a-z-]+ --region us-east-1/);
        expect(
          [...names].filter((name) => !name.startsWith(prefix)),
          AlarmName,
        ).toEqual([]);
        // A variable of an earlier terminal would be empty at three in the morning.
        expect(AlarmDescription.match(/\$[A-Z_a-z{]+/g), AlarmName).toEqual(null);
      }
    });

    test('tell the topic when they ring and when all is well again', () => {
      const actions = alarms(dev).map((it) => [it.AlarmActions, it.OKActions]);
      const topic = [arnOf.topic('usher-dev-alarms')];
      expect(actions).toEqual(alarms(dev).map(() => [topic, topic]));
    });
  });

  describe('the topic of the alarms', () => {
    const subscriptions = (template: Template) => [
      ...template.all('AWS::SNS::Subscription', Subscription).values(),
    ];

    test('has no subscription while nobody is named', () => {
      expect(subscriptions(dev)).toEqual([]);
    });

    test('writes to each address that is named', () => {
      const TopicArn = arnOf.topic('usher-prod-alarms');
      expect(subscriptions(prod)).toEqual([
        { TopicArn, Protocol: 'email', Endpoint: 'on-call@example.com' },
        { TopicArn, Protocol: 'email', Endpoint: 'boss@example.com' },
      ]);
    });

    test('is not made where there is one already, which is then told', () => {
      expect([...corporate.all('AWS::SNS::Topic', Topic)]).toEqual([]);
      expect(new Set(alarms(corporate).flatMap((it) => [...it.AlarmActions, ...it.OKActions]))).toEqual(
        new Set([alarmTopic]),
      );
    });
  });
}
