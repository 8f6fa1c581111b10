// Who may do what: every permission that the deployment gives, action by action.
import type { Settings } from '../parameters.ts';
import { alarmTopicOf } from './alarms.ts';
import { arnOf, either, type Resource, type Resources, ref, sub, type Value, where } from './intrinsics.ts';
import { type Deployment, prefixOf } from './names.ts';

const OUTCOME_QUEUES = ['CompletionsQueue', 'DeadLettersQueue'];
const QUEUES = ['RequestsQueue', 'RequestsExhaustedQueue', ...OUTCOME_QUEUES];
const MAPPING = 'UserDashrequestedEventSourceMappingSQSRequestsQueue';

const allow = (Action: string | readonly string[], Resource: Value, Condition?: Value) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition !== undefined && { Condition }),
});

// What Lambda needs to read a queue in the function's name.
const receive = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
// What people and products need, too: they find a queue by its name, and may take their time with a message.
const send = ['sqs:SendMessage', 'sqs:GetQueueUrl'];
const consume = [...receive, 'sqs:ChangeMessageVisibility', 'sqs:GetQueueUrl'];
const log = (group: string) => allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf(group));

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
const keyToReceive = ['kms:Decrypt'];
const keyToSend = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** Through one AWS service and never directly. */
const through = (service: string) => ({
  StringEquals: { 'kms:ViaService': sub(`${service}.\${AWS::Region}.amazonaws.com`) },
});

const useKey = ({ kmsKeyArn }: Settings, actions: readonly string[]) =>
  where(kmsKeyArn, allow(actions, kmsKeyArn, through('sqs')));

/** A message stays under the key that it was sent under. */
const useFormerKeys = ({ formerKmsKeyArns }: Settings) =>
  where(formerKmsKeyArns, allow(keyToReceive, formerKmsKeyArns, through('sqs')));

const readSecrets = ({ secretPrefix, kmsKeyArn, secretsKmsKeyArn }: Settings) => [
  allow(
    'secretsmanager:GetSecretValue',
    sub(`arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${secretPrefix}*`),
  ),
  // The secrets may lie under the queues' key.
  ...[kmsKeyArn, secretsKmsKeyArn].flatMap((key) =>
    where(key, allow(keyToReceive, key, through('secretsmanager'))),
  ),
];

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
const useVpc = ({ vpcSubnetIds }: Settings) =>
  where(
    vpcSubnetIds,
    allow(
      [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      '*',
    ),
  );

/** A SendMessageBatch needs sqs:SendMessage and a ChangeMessageVisibilityBatch the permission of the single call. */
const userRequested = ({ settings }: Deployment) => [
  allow([...receive, 'sqs:ChangeMessageVisibility'], arnOf('RequestsQueue')),
  allow('sqs:SendMessage', OUTCOME_QUEUES.map(arnOf)),
  ...readSecrets(settings),
  log('UserDashrequestedLogGroup'),
  ...useKey(settings, keyToSend),
  ...useFormerKeys(settings),
  ...useVpc(settings),
];

const requestExhausted = ({ settings }: Deployment) => [
  allow(receive, arnOf('RequestsExhaustedQueue')),
  allow('sqs:SendMessage', (settings.copyDeadLetters ? OUTCOME_QUEUES : ['DeadLettersQueue']).map(arnOf)),
  log('RequestDashexhaustedLogGroup'),
  ...useKey(settings, keyToSend),
  ...useFormerKeys(settings),
  ...useVpc(settings),
];

const producer = ({ settings }: Deployment) => [
  allow(send, arnOf('RequestsQueue')),
  ...useKey(settings, keyToSend),
];

/** Where dead letters are copied, the product has no business with the operators' queue. */
const readByConsumers = ({ copyDeadLetters }: Settings) =>
  copyDeadLetters ? ['CompletionsQueue'] : OUTCOME_QUEUES;

const consumer = ({ settings }: Deployment) => [
  allow(consume, readByConsumers(settings).map(arnOf)),
  ...useKey(settings, keyToReceive),
  ...useFormerKeys(settings),
];

/** All that `npx usher` does but reading and changing secrets. */
const operator = (deployment: Deployment) => [
  allow([...consume, 'sqs:SendMessage', 'sqs:ListDeadLetterSourceQueues'], QUEUES.map(arnOf)),
  allow(
    ['sqs:StartMessageMoveTask', 'sqs:ListMessageMoveTasks', 'sqs:CancelMessageMoveTask'],
    ['RequestsExhaustedQueue', 'DeadLettersQueue'].map(arnOf),
  ),
  allow('logs:FilterLogEvents', ['UserDashrequestedLogGroup', 'RequestDashexhaustedLogGroup'].map(arnOf)),
  // Why the trigger was stopped, and by whom, is kept in its tags.
  allow(
    [
      'lambda:UpdateEventSourceMapping',
      'lambda:GetEventSourceMapping',
      'lambda:ListTags',
      'lambda:TagResource',
      'lambda:UntagResource',
    ],
    mappingArn(MAPPING),
  ),
  // The variables of the function tell addresses and allow-lists, and no secret.
  allow('lambda:GetFunctionConfiguration', arnOf('UserDashrequestedLambdaFunction')),
  allow('sns:ListSubscriptionsByTopic', alarmTopicOf(deployment.settings)),
  // None of these can be bounded by a resource.
  allow(
    [
      'lambda:ListEventSourceMappings',
      'cloudwatch:DescribeAlarms',
      'cloudwatch:GetMetricData',
      'secretsmanager:ListSecrets',
    ],
    '*',
  ),
  allow(['cloudformation:DescribeStacks', 'cloudformation:GetTemplate'], ref('AWS::StackId')),
  ...useKey(deployment.settings, keyToSend),
  ...useFormerKeys(deployment.settings),
];

const mappingArn = (logicalId: string) => ({
  'Fn::Sub': [
    `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:event-source-mapping:\${Mapping}`,
    { Mapping: ref(logicalId) },
  ],
});

/** Nobody reaches a queue over plain HTTP, whatever else allows it. */
const encryptedTransportOnly = (queue: string) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: arnOf(queue),
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** SNS and EventBridge send without a role: the queue itself lets them in, and only those that are named. */
const admitServices = (producerArns: readonly string[]) => ({
  Effect: 'Allow',
  Principal: { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] },
  Action: 'sqs:SendMessage',
  Resource: arnOf('RequestsQueue'),
  Condition: { ArnEquals: { 'aws:SourceArn': producerArns } },
});

const admitPrincipals = (AWS: readonly string[], Action: readonly string[], queue: string) =>
  where(AWS, { Effect: 'Allow', Principal: { AWS }, Action, Resource: arnOf(queue) });

/** A queue has one policy: a second one from elsewhere would replace this one. */
function queuePolicies({ settings }: Deployment): Resources {
  const { producerArns, producerPrincipalArns, consumerPrincipalArns } = settings;
  const admitted: Readonly<Record<string, Value[]>> = {
    RequestsQueue: [
      ...where(producerArns, admitServices(producerArns)),
      ...admitPrincipals(producerPrincipalArns, send, 'RequestsQueue'),
    ],
    ...Object.fromEntries(
      readByConsumers(settings).map((queue) => [
        queue,
        admitPrincipals(consumerPrincipalArns, consume, queue),
      ]),
    ),
  };
  const policy = (queue: string): Resource => ({
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [ref(queue)],
      PolicyDocument: document([encryptedTransportOnly(queue), ...(admitted[queue] ?? [])]),
    },
  });
  return Object.fromEntries(QUEUES.map((queue) => [`${queue}Policy`, policy(queue)]));
}

/** A role for each function, a policy for each queue, and three policies to attach. */
export function permissions(deployment: Deployment): Resources {
  return {
    UserRequestedRole: role('user-requested', userRequested(deployment), deployment),
    RequestExhaustedRole: role('request-exhausted', requestExhausted(deployment), deployment),
    ProducerPolicy: managedPolicy('producer', 'Send requests to Usher', producer(deployment), deployment),
    ConsumerPolicy: managedPolicy('consumer', 'Read the outcomes of Usher', consumer(deployment), deployment),
    OperatorPolicy: managedPolicy('operator', 'Look after Usher', operator(deployment), deployment),
    ...queuePolicies(deployment),
  };
}

function role(name: string, statements: readonly Value[], deployment: Deployment): Resource {
  const { namePrefix, rolePath, permissionsBoundaryArn } = deployment.settings;
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName: either(namePrefix, `${prefixOf(deployment)}${name}`),
      Path: rolePath,
      PermissionsBoundary: either(permissionsBoundaryArn, permissionsBoundaryArn),
      AssumeRolePolicyDocument: document([
        { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
      ]),
      Policies: [{ PolicyName: name, PolicyDocument: document(statements) }],
    },
  };
}

function managedPolicy(
  name: string,
  description: string,
  statements: readonly Value[],
  deployment: Deployment,
): Resource {
  const { namePrefix, rolePath } = deployment.settings;
  return {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      ManagedPolicyName: either(namePrefix, `${prefixOf(deployment)}${name}`),
      Path: rolePath,
      Description: `${description} (${deployment.stage})`,
      PolicyDocument: document(statements),
    },
  };
}

const document = (Statement: readonly Value[]) => ({ Version: '2012-10-17', Statement });
