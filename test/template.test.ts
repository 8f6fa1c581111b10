import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { fireworks } from '../lib/providers/fireworks.ts';
import { vectara } from '../lib/providers/vectara.ts';
import {
  arnOf,
  type FunctionName,
  functionNames,
  type PackagedService,
  packageService,
  queueUrl,
  type Template,
} from './packaged-service.ts';

const days = (count: number) => count * 24 * 60 * 60;

const Redrive = z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() });
const RedriveAllow = z.strictObject({
  redrivePermission: z.literal('byQueue'),
  sourceQueueArns: z.array(z.string()),
});
const Queue = z.strictObject({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean().default(false),
  VisibilityTimeout: z.number().default(30),
  MessageRetentionPeriod: z.number().default(days(4)),
  RedrivePolicy: Redrive.optional(),
  RedriveAllowPolicy: RedriveAllow.optional(),
});
const LambdaFunction = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  Timeout: z.number(),
  Role: z.string(),
  Environment: z.strictObject({ Variables: z.record(z.string(), z.string()) }),
  LoggingConfig: z.strictObject({ LogFormat: z.string(), ApplicationLogLevel: z.string() }),
});
const Mapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean(),
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number() }),
});
const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.strictObject({ Effect: z.literal('Allow'), Action: oneOrMore, Resource: oneOrMore });
const Role = z.strictObject({
  AssumeRolePolicyDocument: z.object({ Statement: z.array(z.unknown()) }),
  Policies: z.array(
    z.strictObject({
      PolicyName: z.string(),
      PolicyDocument: z.strictObject({ Version: z.literal('2012-10-17'), Statement: z.array(Statement) }),
    }),
  ),
});
const LogGroup = z.strictObject({ LogGroupName: z.string(), RetentionInDays: z.number() });

function found<T>(things: Iterable<T>, matches: (thing: T) => boolean): T {
  const [thing, ...others] = [...things].filter(matches);
  if (thing === undefined || others.length > 0) throw new Error('there is not exactly one');
  return thing;
}

const queues = (template: Template) => [...template.all('AWS::SQS::Queue', Queue).values()];
const mappings = (template: Template) => [
  ...template.all('AWS::Lambda::EventSourceMapping', Mapping).values(),
];
const functions = (template: Template) => [...template.all('AWS::Lambda::Function', LambdaFunction).values()];

const queue = (template: Template, name: string) => found(queues(template), (it) => it.QueueName === name);
const functionNamed = (template: Template, name: string) =>
  found(functions(template), (it) => it.FunctionName === name);
const mappingOf = (template: Template, functionName: string) =>
  found(mappings(template), (it) => it.FunctionName === arnOf.function(functionName));

/** Every action that a function's role allows, each with the resource it is allowed on. */
function grants(template: Template, functionName: string): string[] {
  const { Role: arn } = functionNamed(template, functionName);
  const [, role] = found(template.all('AWS::IAM::Role', Role), ([id]) => arnOf.role(id) === arn);
  const statements = role.Policies.flatMap((policy) => policy.PolicyDocument.Statement);
  return statements.flatMap(({ Action, Resource }) =>
    Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}`)),
  );
}

/** Imports a zip's handler as Lambda would, with the template's environment; answers its type. */
async function importHandler(zip: Uint8Array, handler: string, env: Record<string, string>): Promise<string> {
  const task = await mkdtemp(join(tmpdir(), 'usher-task-'));
  try {
    for (const [path, bytes] of Object.entries(unzipSync(zip))) {
      await mkdir(dirname(join(task, path)), { recursive: true });
      await writeFile(join(task, path), bytes);
    }
    const [module, name] = handler.split('.');
    const script = `const m = await import('./${module}.mjs'); process.stdout.write(typeof m['${name}'])`;
    const nodeArguments = ['--input-type=module', '--eval', script];
    const environment = { ...env, AWS_REGION: 'us-east-1' };
    const { stdout } = await promisify(execFile)(process.execPath, nodeArguments, {
      cwd: task,
      env: environment,
    });
    return stdout;
  } finally {
    await rm(task, { recursive: true });
  }
}

const stages = ['dev', 'prod'] as const;
let dev: PackagedService;
let prod: PackagedService;
const templateOf = (stage: (typeof stages)[number]) => (stage === 'dev' ? dev : prod).template;

beforeAll(async () => {
  const parameters = { timeoutSeconds: 100, batchingWindowSeconds: 5, maxReceives: 20, logLevel: 'DEBUG' };
  const options = Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  [dev, prod] = await Promise.all([
    packageService(new Date('2026-01-01T00:00:00Z')),
    packageService(new Date('2026-02-02T00:00:00Z'), ['--stage', 'prod', ...options]),
  ]);
}, 60_000);

describe.each(functionNames)('the zip of %s', (name: FunctionName) => {
  test('holds the built artefact and nothing else', async () => {
    const path = `dist/${name}/index.mjs`;
    const artefact = await readFile(fileURLToPath(new URL(`../${path}`, import.meta.url)));
    const files = Object.entries(unzipSync(dev.zips[name]));
    expect(files.map(([file]) => file)).toEqual([path]);
    expect(files.map(([, bytes]) => artefact.equals(bytes))).toEqual([true]);
  });

  test('has the same bytes whenever and for whichever stage it is packaged', () => {
    expect(Buffer.compare(dev.zips[name], prod.zips[name])).toBe(0);
  });

  test('exports the configured handler under the configured environment', async () => {
    const { Handler, Environment } = functionNamed(dev.template, `usher-dev-${name}`);
    expect(await importHandler(dev.zips[name], Handler, Environment.Variables)).toBe('function');
  });
});

describe.each(functionNames)('the function %s', (name: FunctionName) => {
  test('runs on Node.js 24 on arm64', () => {
    const { Runtime, Architectures } = functionNamed(dev.template, `usher-dev-${name}`);
    expect({ Runtime, Architectures }).toEqual({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
  });

  test.each(stages)('logs JSON, which Lambda filters in stage %s at the level of LOG_LEVEL', (stage) => {
    const { LoggingConfig, Environment } = functionNamed(templateOf(stage), `usher-${stage}-${name}`);
    const level = Environment.Variables.LOG_LEVEL;
    expect(LoggingConfig).toEqual({ LogFormat: 'JSON', ApplicationLogLevel: level });
  });

  test('keeps its logs longer than a dead letter lives', () => {
    const groups = dev.template.all('AWS::Logs::LogGroup', LogGroup).values();
    const group = found(groups, (it) => it.LogGroupName === `/aws/lambda/usher-dev-${name}`);
    const { MessageRetentionPeriod } = queue(dev.template, 'usher-dev-dead-letters');
    expect(days(group.RetentionInDays)).toBeGreaterThan(MessageRetentionPeriod);
  });

  test('reports partial batch responses', () => {
    const { FunctionResponseTypes } = mappingOf(dev.template, `usher-dev-${name}`);
    expect(FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  test('gets batches that a single SendMessageBatch can answer', () => {
    expect(mappingOf(dev.template, `usher-dev-${name}`).BatchSize).toBeLessThanOrEqual(10);
  });

  test('is limited by its mapping, which burns no receives, to a concurrency that Lambda accepts', () => {
    const { ScalingConfig } = mappingOf(dev.template, `usher-dev-${name}`);
    expect(ScalingConfig.MaximumConcurrency).toBeGreaterThanOrEqual(2);
    expect(ScalingConfig.MaximumConcurrency).toBeLessThanOrEqual(1000);
  });
});

describe('the environment', () => {
  test('of user-requested is complete and names the queues of its stage', () => {
    const { Environment } = functionNamed(dev.template, 'usher-dev-user-requested');
    expect(Environment.Variables).toEqual({
      REQUEST_QUEUE_URL: queueUrl('usher-dev-requests'),
      COMPLETION_QUEUE_URL: queueUrl('usher-dev-completions'),
      DEAD_LETTER_QUEUE_URL: queueUrl('usher-dev-dead-letters'),
      MAX_RECEIVES: '15',
      SECRET_PREFIX: 'usher/dev/',
      FIREWORKS_ALLOWED_ROLES: fireworks.settings.allowedRoles.fallback,
      VECTARA_ALLOWED_API_ROLES: vectara.settings.allowedRoles.fallback,
      EVENT_SOURCE: 'urn:usher:dev',
      LOG_LEVEL: 'INFO',
    });
  });

  test('of request-exhausted holds what that function needs and nothing more', () => {
    const { Environment } = functionNamed(prod.template, 'usher-prod-request-exhausted');
    expect(Environment.Variables).toEqual({
      DEAD_LETTER_QUEUE_URL: queueUrl('usher-prod-dead-letters'),
      EVENT_SOURCE: 'urn:usher:prod',
      LOG_LEVEL: 'DEBUG',
    });
  });
});

describe('the permissions', () => {
  test('of user-requested are what it calls, on its queues and the secrets of its stage', () => {
    expect(grants(dev.template, 'usher-dev-user-requested').sort()).toEqual([
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

  test('of request-exhausted are what it calls, and reach no secret', () => {
    expect(grants(dev.template, 'usher-dev-request-exhausted').sort()).toEqual([
      `logs:CreateLogStream on ${arnOf.logGroup('/aws/lambda/usher-dev-request-exhausted')}`,
      `logs:PutLogEvents on ${arnOf.logGroup('/aws/lambda/usher-dev-request-exhausted')}`,
      `sqs:DeleteMessage on ${arnOf.queue('usher-dev-requests-exhausted')}`,
      `sqs:GetQueueAttributes on ${arnOf.queue('usher-dev-requests-exhausted')}`,
      `sqs:ReceiveMessage on ${arnOf.queue('usher-dev-requests-exhausted')}`,
      `sqs:SendMessage on ${arnOf.queue('usher-dev-dead-letters')}`,
    ]);
  });

  test('come from two roles, one for each function, and from nothing else', () => {
    const granting = dev.template.types.filter((type) => /^AWS::IAM::|Permission|QueuePolicy$/.test(type));
    expect(granting).toEqual(['AWS::IAM::Role', 'AWS::IAM::Role']);
    expect(new Set(functions(dev.template).map((it) => it.Role)).size).toBe(2);
  });

  test('go to Lambda alone', () => {
    const documents = [...dev.template.all('AWS::IAM::Role', Role).values()].map(
      (role) => role.AssumeRolePolicyDocument.Statement,
    );
    const lambda = {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    expect(documents).toEqual([[lambda], [lambda]]);
  });
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

  test('are all encrypted', () => {
    expect(queues(dev.template).map((it) => it.SqsManagedSseEnabled)).toEqual([true, true, true, true]);
  });

  test('are read each by its own function, unfiltered', () => {
    const reads = mappings(dev.template).map((it) => [it.EventSourceArn, it.FunctionName, it.Enabled]);
    expect(reads).toEqual([
      [arnOf.queue('usher-dev-requests'), arnOf.function('usher-dev-user-requested'), true],
      [arnOf.queue('usher-dev-requests-exhausted'), arnOf.function('usher-dev-request-exhausted'), true],
    ]);
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
    ['prod', 20, 23],
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
    ['prod', 34],
  ] as const)(
    'of exhausted requests in stage %s give ten receives even where SQS goes on counting from the requests queue',
    (stage, givenUp) => {
      const { RedrivePolicy } = queue(templateOf(stage), `usher-${stage}-requests-exhausted`);
      expect(RedrivePolicy?.maxReceiveCount).toBe(givenUp);
    },
  );

  test('that are filled by redrive accept it from their own source alone', () => {
    const allowed = queues(dev.template).map((it) => it.RedriveAllowPolicy?.sourceQueueArns);
    const [requests, exhausted] = ['usher-dev-requests', 'usher-dev-requests-exhausted'].map(arnOf.queue);
    expect(allowed).toEqual([undefined, [requests], undefined, [exhausted]]);
  });

  test('that are filled by redrive outlive the queue that they are filled from', () => {
    const ages = ['requests', 'requests-exhausted', 'dead-letters'].map(
      (name) => queue(dev.template, `usher-dev-${name}`).MessageRetentionPeriod,
    );
    expect(ages).toEqual([...new Set(ages)].sort((one, other) => one - other));
  });

  test('keep the outcomes for fourteen days', () => {
    expect(queue(dev.template, 'usher-dev-completions').MessageRetentionPeriod).toBe(days(14));
    expect(queue(dev.template, 'usher-dev-dead-letters').MessageRetentionPeriod).toBe(days(14));
  });
});
