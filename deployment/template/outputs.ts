// What producers, consumers and operators need to know.
import { alarmTopicOf } from './alarms.ts';
import { arnOf, ref, type Value } from './intrinsics.ts';
import type { Deployment } from './names.ts';

interface Output {
  readonly Description: string;
  readonly Value: Value;
}

/** Where the console of each partition is. https://docs.aws.amazon.com/general/latest/gr/aws-arns-and-namespaces.html */
export const mappings = {
  Console: {
    aws: { Domain: 'console.aws.amazon.com' },
    'aws-cn': { Domain: 'console.amazonaws.cn' },
    'aws-us-gov': { Domain: 'console.amazonaws-us-gov.com' },
  },
};

export function outputs({ settings, version }: Deployment): Readonly<Record<string, Output>> {
  return {
    Version: { Description: 'The version of Usher that is deployed', Value: version },
    RequestsQueueUrl: { Description: 'Where producers send requests', Value: ref('RequestsQueue') },
    RequestsQueueArn: {
      Description: 'The target for an SNS subscription or an EventBridge rule (name its ARN in producerArns)',
      Value: arnOf('RequestsQueue'),
    },
    CompletionsQueueUrl: {
      Description: settings.copyDeadLetters
        ? 'Where the product reads every answer'
        : 'Where the product reads completions',
      Value: ref('CompletionsQueue'),
    },
    CompletionsQueueArn: {
      Description: 'The event source for a function that reads completions',
      Value: arnOf('CompletionsQueue'),
    },
    DeadLettersQueueUrl: {
      Description: settings.copyDeadLetters
        ? 'Where operators read dead letters'
        : 'Where operators and the product read dead letters',
      Value: ref('DeadLettersQueue'),
    },
    DeadLettersQueueArn: { Description: 'The source of a redrive', Value: arnOf('DeadLettersQueue') },
    RequestsExhaustedQueueUrl: {
      Description: 'Requests that SQS gave up; empty unless a function dies',
      Value: ref('RequestsExhaustedQueue'),
    },
    RequestsExhaustedQueueArn: {
      Description: 'Requests that SQS gave up; empty unless a function dies',
      Value: arnOf('RequestsExhaustedQueue'),
    },
    ProducerPolicyArn: {
      Description: 'The policy to attach to a role that sends requests',
      Value: ref('ProducerPolicy'),
    },
    ConsumerPolicyArn: {
      Description: 'The policy to attach to a role that reads outcomes',
      Value: ref('ConsumerPolicy'),
    },
    OperatorPolicyArn: {
      Description: 'The policy to attach to a role that looks after Usher',
      Value: ref('OperatorPolicy'),
    },
    UserRequestedFunctionName: {
      Description: 'Makes the users',
      Value: ref('UserDashrequestedLambdaFunction'),
    },
    RequestExhaustedFunctionName: {
      Description: 'Answers requests that SQS gave up',
      Value: ref('RequestDashexhaustedLambdaFunction'),
    },
    UserRequestedLogGroupName: {
      Description: 'One line for each request',
      Value: ref('UserDashrequestedLogGroup'),
    },
    RequestExhaustedLogGroupName: {
      Description: 'One line for each request that SQS gave up',
      Value: ref('RequestDashexhaustedLogGroup'),
    },
    SecretNamePrefix: {
      Description: 'Secrets are named by this, the provider, a slash and the connection',
      Value: settings.secretPrefix,
    },
    AlarmTopicArn: {
      Description: 'The topic to subscribe to for alarms',
      Value: alarmTopicOf(settings),
    },
    DashboardUrl: {
      Description: 'How it is, at a glance',
      Value: {
        'Fn::Sub': [
          `https://\${AWS::Region}.\${Domain}/cloudwatch/home?region=\${AWS::Region}#dashboards/dashboard/\${Dashboard}`,
          { Domain: { 'Fn::FindInMap': ['Console', ref('AWS::Partition'), 'Domain'] } },
        ],
      },
    },
  };
}
