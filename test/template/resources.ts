import * as z from 'zod';
import { arnOf, type Template } from './packaged-service.ts';

export const days = (count: number) => count * 24 * 60 * 60;

const Redrive = z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() });
const RedriveAllow = z.union([
  z.strictObject({ redrivePermission: z.literal('byQueue'), sourceQueueArns: z.array(z.string()) }),
  z.strictObject({ redrivePermission: z.literal('denyAll') }),
]);
const Queue = z.strictObject({
  QueueName: z.string(),
  SqsManagedSseEnabled: z.boolean().optional(),
  KmsMasterKeyId: z.string().optional(),
  ReceiveMessageWaitTimeSeconds: z.literal(20),
  VisibilityTimeout: z.number(),
  MessageRetentionPeriod: z.number().default(days(4)),
  RedrivePolicy: Redrive.optional(),
  RedriveAllowPolicy: RedriveAllow,
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
  TracingConfig: z.strictObject({ Mode: z.string() }),
  RecursiveLoop: z.string(),
  ReservedConcurrentExecutions: z.number().optional(),
  VpcConfig: z
    .strictObject({ SubnetIds: z.array(z.string()), SecurityGroupIds: z.array(z.string()) })
    .optional(),
  Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
});
const Mapping = z.strictObject({
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  Enabled: z.boolean(),
  BatchSize: z.number(),
  MaximumBatchingWindowInSeconds: z.number(),
  FunctionResponseTypes: z.array(z.string()).default([]),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number() }).optional(),
  ProvisionedPollerConfig: z
    .strictObject({ MinimumPollers: z.number(), MaximumPollers: z.number() })
    .optional(),
});
export const LogGroup = z.strictObject({ LogGroupName: z.string(), RetentionInDays: z.number() });

export function found<T>(things: Iterable<T>, matches: (thing: T) => boolean): T {
  const [thing, ...others] = [...things].filter(matches);
  if (thing === undefined || others.length > 0) throw new Error('there is not exactly one');
  return thing;
}

export const queues = (template: Template) => [...template.all('AWS::SQS::Queue', Queue).values()];
export const mappings = (template: Template) => [
  ...template.all('AWS::Lambda::EventSourceMapping', Mapping).values(),
];
export const functions = (template: Template) => [
  ...template.all('AWS::Lambda::Function', LambdaFunction).values(),
];

export const queue = (template: Template, name: string) =>
  found(queues(template), (it) => it.QueueName === name);
export const functionNamed = (template: Template, name: string) =>
  found(functions(template), (it) => it.FunctionName === name);
export const mappingOf = (template: Template, functionName: string) =>
  found(mappings(template), (it) => it.FunctionName === arnOf.function(functionName));
