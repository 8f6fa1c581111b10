import { beforeAll, describe, expect, test } from 'vitest';
import own from '../../package.json' with { type: 'json' };
import {
  arnOf,
  customerKey,
  functionNames,
  type PackagedService,
  type Packages,
  queueUrl,
} from './packaged-service.ts';
import { days, functionNamed, functions, mappingOf, mappings, queue, queues } from './resources.ts';

const stages = ['dev', 'prod'] as const;

/** The four queues, and what the stack tells of itself. */
export function queueTests(packages: () => Packages): void {
  let dev: PackagedService;
  let prod: PackagedService;
  const templateOf = (stage: (typeof stages)[number]) => (stage === 'dev' ? dev : prod).template;

  beforeAll(() => {
    ({ dev, prod } = packages());
  });

  describe('the queues', () => {
    test('are four, named after their stage', () => {
      expect(queues(dev.template).map((it) => it.QueueName)).toEqual([
        'usher-dev-requests',
        'usher-dev-requests-exhausted',
        'usher-dev-completions',
        'usher-dev-dead-letters',
      ]);
    });

    test('share no name between two stages, nor do the functions', () => {
      const names = stages.flatMap((stage) => [
        ...queues(templateOf(stage)).map((it) => it.QueueName),
        ...functions(templateOf(stage)).map((it) => it.FunctionName),
      ]);
      expect(names).toHaveLength(12);
      expect(new Set(names).size).toBe(names.length);
    });

    test.each([
      ['dev', "SQS's own key", { SqsManagedSseEnabled: true }],
      ['prod', "the customer's key", { KmsMasterKeyId: customerKey }],
    ] as const)('are all encrypted, in stage %s with %s and no other', (stage, _, encryption) => {
      const encryptions = queues(templateOf(stage)).map(({ SqsManagedSseEnabled, KmsMasterKeyId }) => ({
        SqsManagedSseEnabled,
        KmsMasterKeyId,
      }));
      expect(encryptions).toEqual([encryption, encryption, encryption, encryption]);
    });

    test('are read each by its own function, unfiltered', () => {
      const reads = mappings(dev.template).map((it) => [it.EventSourceArn, it.FunctionName, it.Enabled]);
      expect(reads).toEqual([
        [arnOf.queue('usher-dev-requests'), arnOf.function('usher-dev-user-requested'), true],
        [arnOf.queue('usher-dev-requests-exhausted'), arnOf.function('usher-dev-request-exhausted'), true],
      ]);
    });

    test('of requests are read by as many containers as a stage says, or by pollers that are there before a burst is', () => {
      expect(mappingOf(dev.template, 'usher-dev-user-requested').ScalingConfig).toEqual({
        MaximumConcurrency: 5,
      });
      const { ScalingConfig, ProvisionedPollerConfig } = mappingOf(
        prod.template,
        'usher-prod-user-requested',
      );
      expect(ScalingConfig).toBeUndefined();
      expect(ProvisionedPollerConfig).toEqual({ MinimumPollers: 2, MaximumPollers: 20 });
    });

    test('of requests are not read where a stage is stopped; exhausted ones are', () => {
      const enabled = functionNames.map((name) => mappingOf(prod.template, `usher-prod-${name}`).Enabled);
      expect(enabled).toEqual([false, true]);
    });

    test.each([
      ['dev', 360],
      ['prod', 605],
    ] as const)('hide a message in stage %s for six time-outs and the batching window', (stage, seconds) => {
      const template = templateOf(stage);
      const sources = [
        ['requests', 'user-requested'],
        ['requests-exhausted', 'request-exhausted'],
      ];
      for (const [queueName, functionName] of sources) {
        const { Timeout } = functionNamed(template, `usher-${stage}-${functionName}`);
        const { MaximumBatchingWindowInSeconds: window } = mappingOf(
          template,
          `usher-${stage}-${functionName}`,
        );
        const { VisibilityTimeout } = queue(template, `usher-${stage}-${queueName}`);
        expect(VisibilityTimeout).toBe(6 * Timeout + window);
        expect(VisibilityTimeout).toBe(seconds);
      }
    });

    test.each([
      ['dev', 15, 18],
      ['prod', 9, 12],
    ] as const)(
      'give a request up in stage %s three receives after the function has',
      (stage, gaveUp, givenUp) => {
        const template = templateOf(stage);
        const { Environment } = functionNamed(template, `usher-${stage}-user-requested`);
        expect(Number(Environment.Variables.MAX_RECEIVES)).toBe(gaveUp);
        expect(queue(template, `usher-${stage}-requests`).RedrivePolicy).toEqual({
          deadLetterTargetArn: arnOf.queue(`usher-${stage}-requests-exhausted`),
          maxReceiveCount: givenUp,
        });
      },
    );

    test('pass what request-exhausted cannot answer on to the dead-letter queue', () => {
      const { RedrivePolicy } = queue(dev.template, 'usher-dev-requests-exhausted');
      expect(RedrivePolicy?.deadLetterTargetArn).toBe(arnOf.queue('usher-dev-dead-letters'));
    });

    test.each([
      ['dev', 29],
      ['prod', 23],
    ] as const)(
      'of exhausted requests in stage %s give ten receives even where SQS goes on counting from the requests queue',
      (stage, givenUp) => {
        const { RedrivePolicy } = queue(templateOf(stage), `usher-${stage}-requests-exhausted`);
        expect(RedrivePolicy?.maxReceiveCount).toBe(givenUp);
      },
    );

    test('that are filled by redrive accept it from their own source alone', () => {
      const allowed = queues(dev.template).map((it) => it.RedriveAllowPolicy);
      const nobody = { redrivePermission: 'denyAll' };
      const only = (name: string) => ({ redrivePermission: 'byQueue', sourceQueueArns: [arnOf.queue(name)] });
      expect(allowed).toEqual([
        nobody,
        only('usher-dev-requests'),
        nobody,
        only('usher-dev-requests-exhausted'),
      ]);
    });

    test.each([
      ['dev', 360],
      ['prod', 90],
    ] as const)('hide an outcome in stage %s for as long as its readers need', (stage, seconds) => {
      const hidden = ['completions', 'dead-letters'].map(
        (name) => queue(templateOf(stage), `usher-${stage}-${name}`).VisibilityTimeout,
      );
      expect(hidden).toEqual([seconds, seconds]);
    });

    test('outlive their replacement everywhere, and the stack itself where it is protected, as its logs do', () => {
      const ids = ['RequestsQueue', 'RequestsExhaustedQueue', 'CompletionsQueue', 'DeadLettersQueue'];
      const logs = ['UserDashrequestedLogGroup', 'RequestDashexhaustedLogGroup'];
      expect(dev.template.kept('UpdateReplacePolicy').sort()).toEqual([...ids].sort());
      expect(dev.template.kept('DeletionPolicy')).toEqual([]);
      expect(prod.template.kept('UpdateReplacePolicy').sort()).toEqual([...ids, ...logs].sort());
      expect(prod.template.kept('DeletionPolicy').sort()).toEqual([...ids, ...logs].sort());
    });

    test.each([
      ['dev', [7, 10.5, 14]],
      ['prod', [4, 9, 14]],
    ] as const)(
      'that are filled by redrive outlive in stage %s the queue that they are filled from',
      (stage, ages) => {
        const retentions = ['requests', 'requests-exhausted', 'dead-letters'].map(
          (name) => queue(templateOf(stage), `usher-${stage}-${name}`).MessageRetentionPeriod,
        );
        expect(retentions).toEqual(ages.map(days));
      },
    );

    test('keep the outcomes for fourteen days', () => {
      expect(queue(dev.template, 'usher-dev-completions').MessageRetentionPeriod).toBe(days(14));
      expect(queue(dev.template, 'usher-dev-dead-letters').MessageRetentionPeriod).toBe(days(14));
    });
  });

  describe('the outputs', () => {
    test('give producers, consumers and operators what they need', () => {
      expect(Object.fromEntries(dev.template.outputs)).toEqual({
        ServerlessDeploymentBucketName: 'ServerlessDeploymentBucket',
        Version: own.version,
        RequestsQueueUrl: queueUrl('usher-dev-requests'),
        RequestsQueueArn: arnOf.queue('usher-dev-requests'),
        CompletionsQueueUrl: queueUrl('usher-dev-completions'),
        CompletionsQueueArn: arnOf.queue('usher-dev-completions'),
        DeadLettersQueueUrl: queueUrl('usher-dev-dead-letters'),
        DeadLettersQueueArn: arnOf.queue('usher-dev-dead-letters'),
        RequestsExhaustedQueueUrl: queueUrl('usher-dev-requests-exhausted'),
        RequestsExhaustedQueueArn: arnOf.queue('usher-dev-requests-exhausted'),
        ProducerPolicyArn: arnOf.policy('ProducerPolicy'),
        ConsumerPolicyArn: arnOf.policy('ConsumerPolicy'),
        OperatorPolicyArn: arnOf.policy('OperatorPolicy'),
        UserRequestedFunctionName: 'usher-dev-user-requested',
        RequestExhaustedFunctionName: 'usher-dev-request-exhausted',
        UserRequestedLogGroupName: '/aws/lambda/usher-dev-user-requested',
        RequestExhaustedLogGroupName: '/aws/lambda/usher-dev-request-exhausted',
        SecretNamePrefix: 'usher/dev/',
        AlarmTopicArn: arnOf.topic('usher-dev-alarms'),
        DashboardUrl:
          'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/usher-dev',
      });
    });
  });
}
