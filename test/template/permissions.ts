import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  arnOf,
  boundary,
  customerKey,
  type FunctionName,
  formerKey,
  functionNames,
  otherAccount,
  type Packages,
  producerArns,
  queueUrl,
  secretsKey,
  type Template,
} from './packaged-service.ts';
import { functionNamed, functions } from './resources.ts';

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const ViaService = z.strictObject({ StringEquals: z.strictObject({ 'kms:ViaService': z.string() }) });
const Statement = z.strictObject({
  Effect: z.literal('Allow'),
  Action: oneOrMore,
  Resource: oneOrMore,
  Condition: ViaService.optional(),
});
const Document = z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) });
const Role = z.strictObject({
  RoleName: z.string().optional(),
  Path: z.string(),
  PermissionsBoundary: z.string().optional(),
  AssumeRolePolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: Document })),
});
const ManagedPolicy = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  Path: z.string(),
  Description: z.string(),
  PolicyDocument: Document,
});
const QueuePolicy = z.strictObject({
  Queues: z.array(z.string()),
  PolicyDocument: z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(z.unknown()) }),
});

/** Which permission each call of the code needs; a batch call needs that of the single one. */
const permissionOf = new Map([
  ['SendMessageBatchCommand', 'sqs:SendMessage'],
  ['ChangeMessageVisibilityBatchCommand', 'sqs:ChangeMessageVisibility'],
  ['GetSecretValueCommand', 'secretsmanager:GetSecretValue'],
]);
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
const neededByLambda = [
  'sqs:ReceiveMessage',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'logs:CreateLogStream',
  'logs:PutLogEvents',
];

/** The names of the SDK commands that a source file, or any that it imports, takes from the AWS SDK. */
async function commandsIn(file: URL, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file.href)) return new Set();
  seen.add(file.href);
  const source = await readFile(fileURLToPath(file), 'utf8');
  const imports = [...source.matchAll(/^(?:import|export) (?!type)([^;]*?) from '([^']+)'/gm)];
  const fromSdk = imports.filter(([, , from = '']) => from.startsWith('@aws-sdk/'));
  const own = imports.filter(([, , from = '']) => from.startsWith('.'));
  const names = fromSdk.flatMap(([, what = '']) => what.match(/\w+Command\b/g) ?? []);
  const deeper = await Promise.all(own.map(([, , from = '']) => commandsIn(new URL(from, file), seen)));
  return new Set([...names, ...deeper.flatMap((commands) => [...commands])]);
}

async function permissionsUsed(name: FunctionName): Promise<string[]> {
  const commands = await commandsIn(new URL(`../../functions/${name}/index.ts`, import.meta.url));
  return [...commands].map((command) => {
    const permission = permissionOf.get(command);
    if (permission === undefined) throw new Error(`which permission does ${command} need?`);
    return permission;
  });
}

/** Every action that statements allow, each with the resource it is allowed on. */
const grantsOf = (statements: readonly z.infer<typeof Statement>[]) =>
  statements
    .flatMap(({ Action, Resource, Condition }) => {
      const through = Condition === undefined ? '' : ` through ${Condition.StringEquals['kms:ViaService']}`;
      return Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}${through}`));
    })
    .sort();

function statementsOf(template: Template, functionName: string) {
  const { Role: arn } = functionNamed(template, functionName);
  const roles = [...template.all('AWS::IAM::Role', Role)].filter(([id]) => arnOf.role(id) === arn);
  return roles.flatMap(([, role]) => role.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement));
}

const grants = (template: Template, functionName: string) => grantsOf(statementsOf(template, functionName));
const grantsToAttach = (template: Template, id: string) =>
  grantsOf(template.all('AWS::IAM::ManagedPolicy', ManagedPolicy).get(id)?.PolicyDocument.Statement ?? []);

const useOfKey = (actions: readonly string[], service: string, key = customerKey) =>
  actions.map((action) => `kms:${action} on ${key} through ${service}.us-east-1.amazonaws.com`);
const keysOf = (template: Template, functionName: string) =>
  grants(template, functionName).filter((grant) => grant.startsWith('kms:'));

/** Who may do what. */
export function permissionTests(packages: () => Packages): void {
  let dev: Template;
  let prod: Template;
  let corporate: Template;

  beforeAll(() => {
    [dev, prod] = [packages().dev.template, packages().prod.template];
    corporate = packages().corporate.template;
  });

  describe('a function is allowed', () => {
    test.each(functionNames)(
      'what the code of %s calls and Lambda needs, and not one action more',
      async (name) => {
        const actions = statementsOf(dev, `usher-dev-${name}`).flatMap(({ Action }) => Action);
        expect([...new Set(actions)].sort()).toEqual(
          [...new Set([...(await permissionsUsed(name)), ...neededByLambda])].sort(),
        );
      },
    );

    test('as user-requested to work on its queues and to read the secrets of its stage', () => {
      expect(grants(dev, 'usher-dev-user-requested')).toEqual([
        `logs:CreateLogStream on ${arnOf.logGroup('/aws/lambda/usher-dev-user-requested')}`,
        `logs:PutLogEvents on ${arnOf.logGroup('/aws/lambda/usher-dev-user-requested')}`,
        `secretsmanager:GetSecretValue on ${arnOf.secret('usher/dev/*')}`,
        `sqs:ChangeMessageVisibility on ${arnOf.queue('usher-dev-requests')}`,
        `sqs:DeleteMessage on ${arnOf.queue('usher-dev-requests')}`,
        `sqs:GetQueueAttributes on ${arnOf.queue('usher-dev-requests')}`,
        `sqs:ReceiveMessage on ${arnOf.queue('usher-dev-requests')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-dev-completions')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-dev-dead-letters')}`,
      ]);
    });

    test('as request-exhausted to work on its queues, and reaches no secret', () => {
      expect(grants(dev, 'usher-dev-request-exhausted')).toEqual([
        `logs:CreateLogStream on ${arnOf.logGroup('/aws/lambda/usher-dev-request-exhausted')}`,
        `logs:PutLogEvents on ${arnOf.logGroup('/aws/lambda/usher-dev-request-exhausted')}`,
        `sqs:DeleteMessage on ${arnOf.queue('usher-dev-requests-exhausted')}`,
        `sqs:GetQueueAttributes on ${arnOf.queue('usher-dev-requests-exhausted')}`,
        `sqs:ReceiveMessage on ${arnOf.queue('usher-dev-requests-exhausted')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-dev-completions')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-dev-dead-letters')}`,
      ]);
    });

    test('as request-exhausted to send completions only where dead letters are copied', () => {
      const sends = grants(corporate, 'acme-usher-corp-request-exhausted').filter((it) =>
        it.includes('sqs:SendMessage'),
      );
      expect(sends).toEqual([`sqs:SendMessage on ${arnOf.queue('acme-usher-corp-dead-letters')}`]);
    });

    test("to use the customer's key where there is one, and to read under a former one, through SQS and for secrets only", () => {
      const throughSqs = [
        ...useOfKey(['Decrypt', 'GenerateDataKey'], 'sqs'),
        ...useOfKey(['Decrypt'], 'sqs', formerKey),
      ].sort();
      expect(keysOf(prod, 'usher-prod-request-exhausted')).toEqual(throughSqs);
      expect(keysOf(prod, 'usher-prod-user-requested')).toEqual(
        [...useOfKey(['Decrypt'], 'secretsmanager'), ...throughSqs].sort(),
      );
    });

    test('to use a key that the secrets alone lie under for nothing else', () => {
      expect(keysOf(corporate, 'acme-usher-corp-request-exhausted')).toEqual([]);
      expect(keysOf(corporate, 'acme-usher-corp-user-requested')).toEqual(
        useOfKey(['Decrypt'], 'secretsmanager', secretsKey),
      );
    });

    test('to work in a VPC only where it is in one', () => {
      const inVpc = (template: Template, name: string) =>
        grants(template, name).filter((grant) => grant.startsWith('ec2:'));
      for (const name of functionNames) {
        expect(inVpc(dev, `usher-dev-${name}`)).toEqual([]);
        expect(inVpc(corporate, `acme-usher-corp-${name}`)).toEqual([
          'ec2:AssignPrivateIpAddresses on *',
          'ec2:CreateNetworkInterface on *',
          'ec2:DeleteNetworkInterface on *',
          'ec2:DescribeNetworkInterfaces on *',
          'ec2:DescribeSubnets on *',
          'ec2:UnassignPrivateIpAddresses on *',
        ]);
      }
    });

    test('by a role of its own, which Lambda alone may take on', () => {
      const roles = [...dev.all('AWS::IAM::Role', Role).values()];
      const trust = {
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      };
      expect(roles.map((role) => role.AssumeRolePolicyDocument.Statement)).toEqual([[trust], [trust]]);
      expect(new Set(functions(dev).map((it) => it.Role)).size).toBe(2);
    });

    test('by roles with the path, the name and the permissions boundary that an organisation wants', () => {
      const told = (template: Template) =>
        [...template.all('AWS::IAM::Role', Role).values()].map(({ RoleName, Path, PermissionsBoundary }) => [
          RoleName,
          Path,
          PermissionsBoundary,
        ]);
      expect(told(dev)).toEqual([
        [undefined, '/', undefined],
        [undefined, '/', undefined],
      ]);
      expect(told(corporate)).toEqual(
        functionNames.map((name) => [`acme-usher-corp-${name}`, '/service/', boundary]),
      );
    });
  });

  describe('a policy to attach', () => {
    test('lets a producer send requests and nothing else', () => {
      expect(grantsToAttach(dev, 'ProducerPolicy')).toEqual([
        `sqs:GetQueueUrl on ${arnOf.queue('usher-dev-requests')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-dev-requests')}`,
      ]);
      expect(grantsToAttach(prod, 'ProducerPolicy')).toEqual([
        ...useOfKey(['Decrypt', 'GenerateDataKey'], 'sqs'),
        `sqs:GetQueueUrl on ${arnOf.queue('usher-prod-requests')}`,
        `sqs:SendMessage on ${arnOf.queue('usher-prod-requests')}`,
      ]);
    });

    const consume = [
      'ChangeMessageVisibility',
      'DeleteMessage',
      'GetQueueAttributes',
      'GetQueueUrl',
      'ReceiveMessage',
    ];
    const onQueues = (actions: readonly string[], queues: readonly string[]) =>
      actions.flatMap((action) => queues.map((queue) => `sqs:${action} on ${arnOf.queue(queue)}`));

    test('lets a consumer read completions, under a former key too, and nothing else', () => {
      expect(grantsToAttach(dev, 'ConsumerPolicy')).toEqual(onQueues(consume, ['usher-dev-completions']));
      expect(grantsToAttach(prod, 'ConsumerPolicy')).toEqual(
        [
          ...useOfKey(['Decrypt'], 'sqs'),
          ...useOfKey(['Decrypt'], 'sqs', formerKey),
          ...onQueues(consume, ['usher-prod-completions']),
        ].sort(),
      );
    });

    test('lets a consumer read the dead letters where they are, if they are copied nowhere', () => {
      expect(grantsToAttach(corporate, 'ConsumerPolicy')).toEqual(
        onQueues(consume, ['acme-usher-corp-completions', 'acme-usher-corp-dead-letters']),
      );
    });

    test('lets an operator do what the command does, and reach neither secrets nor code', () => {
      const all = ['completions', 'dead-letters', 'requests', 'requests-exhausted'].map(
        (name) => `usher-dev-${name}`,
      );
      const moves = ['CancelMessageMoveTask', 'ListMessageMoveTasks', 'StartMessageMoveTask'];
      expect(grantsToAttach(dev, 'OperatorPolicy')).toEqual(
        [
          ...onQueues([...consume, 'ListDeadLetterSourceQueues', 'SendMessage'], all),
          ...onQueues(moves, ['usher-dev-dead-letters', 'usher-dev-requests-exhausted']),
          ...functionNames.map(
            (name) => `logs:FilterLogEvents on ${arnOf.logGroup(`/aws/lambda/usher-dev-${name}`)}`,
          ),
          ...[
            'GetEventSourceMapping',
            'ListTags',
            'TagResource',
            'UntagResource',
            'UpdateEventSourceMapping',
          ].map(
            (action) =>
              `lambda:${action} on ${arnOf.mapping('UserDashrequestedEventSourceMappingSQSRequestsQueue')}`,
          ),
          'cloudformation:DescribeStacks on arn:aws:cloudformation:us-east-1:000000000000:stack/usher/1',
          'cloudformation:GetTemplate on arn:aws:cloudformation:us-east-1:000000000000:stack/usher/1',
          'cloudwatch:DescribeAlarms on *',
          'cloudwatch:GetMetricData on *',
          'lambda:ListEventSourceMappings on *',
          `lambda:GetFunctionConfiguration on ${arnOf.function('usher-dev-user-requested')}`,
          'secretsmanager:ListSecrets on *',
          'sns:ListSubscriptionsByTopic on arn:aws:sns:us-east-1:000000000000:usher-dev-alarms',
        ].sort(),
      );
    });
  });

  test('no permission comes from anywhere else', () => {
    const granting = dev.types.filter((type) => /^AWS::IAM::|^AWS::KMS::|Permission|Policy$/.test(type));
    const count = (type: string) => granting.filter((one) => one === type).length;
    expect(Object.fromEntries(granting.map((type) => [type, count(type)]))).toEqual({
      'AWS::IAM::Role': 2,
      'AWS::IAM::ManagedPolicy': 3,
      'AWS::SQS::QueuePolicy': 4,
      'AWS::S3::BucketPolicy': 1,
    });
  });

  describe('the policy of a queue', () => {
    const queues = ['requests', 'requests-exhausted', 'completions', 'dead-letters'];
    const denyPlainHttp = (name: string) => ({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sqs:*',
      Resource: arnOf.queue(name),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const policies = (template: Template) => [...template.all('AWS::SQS::QueuePolicy', QueuePolicy).values()];

    test('refuses plain HTTP on each of the four and lets nobody in', () => {
      expect(policies(dev).map((it) => [it.Queues, it.PolicyDocument.Statement])).toEqual(
        queues.map((name) => [[queueUrl(`usher-dev-${name}`)], [denyPlainHttp(`usher-dev-${name}`)]]),
      );
    });

    const admit = (principal: unknown, actions: unknown, queue: string, condition?: unknown) => ({
      Effect: 'Allow',
      Principal: principal,
      Action: actions,
      Resource: arnOf.queue(`usher-prod-${queue}`),
      ...(condition !== undefined && { Condition: condition }),
    });

    test('lets in the topics, rules and roles that are named: to send to requests, or to read completions', () => {
      const services = { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] };
      const ofThese = { ArnEquals: { 'aws:SourceArn': producerArns } };
      const read = [
        'ReceiveMessage',
        'DeleteMessage',
        'GetQueueAttributes',
        'ChangeMessageVisibility',
        'GetQueueUrl',
      ];
      const admitted: Record<string, unknown[]> = {
        requests: [
          admit(services, 'sqs:SendMessage', 'requests', ofThese),
          admit({ AWS: [otherAccount.producer] }, ['sqs:SendMessage', 'sqs:GetQueueUrl'], 'requests'),
        ],
        completions: [
          admit(
            { AWS: [otherAccount.consumer] },
            read.map((action) => `sqs:${action}`),
            'completions',
          ),
        ],
      };
      expect(policies(prod).map((it) => it.PolicyDocument.Statement)).toEqual(
        queues.map((name) => [denyPlainHttp(`usher-prod-${name}`), ...(admitted[name] ?? [])]),
      );
    });
  });
}
