import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const osls = join(root, 'node_modules/osls/bin/serverless.js');
/** What osls and Node.js make anew each time is kept here. */
const cache = join(root, 'node_modules/.cache/usher-tests/osls');
const serviceFiles = ['serverless.yml', 'deployment', 'package.json', 'dist'];
const refuseConnections =
  "data:text/javascript,import{Socket}from'node:net';" +
  "Socket.prototype.connect=()=>{process.stderr.write('a connection was opened');process.exit(1)}";

export const functionNames = ['user-requested', 'request-exhausted'] as const;
export type FunctionName = (typeof functionNames)[number];

/** A packaged service: its CloudFormation template, each function's zip, and all files by name, without their folder. */
export interface PackagedService {
  template: Template;
  zips: Record<FunctionName, Uint8Array>;
  files: Map<string, Buffer>;
}

export const templateFile = 'cloudformation-template-update-stack.json';
/** What osls notes for a later deployment, with the full paths of the zips. */
const stateFile = 'serverless-state.json';

const keyArn = (id: string) => `arn:aws:kms:us-east-1:000000000000:key/${id}`;
export const customerKey = keyArn('1234abcd-12ab-34cd-56ef-1234567890ab');
export const formerKey = keyArn('0000abcd-12ab-34cd-56ef-1234567890ab');
export const secretsKey = keyArn('9999abcd-12ab-34cd-56ef-1234567890ab');
export const alarmTopic = 'arn:aws:sns:us-east-1:000000000000:pager';
export const boundary = 'arn:aws:iam::000000000000:policy/boundary';
export const otherAccount = {
  producer: 'arn:aws:iam::111122223333:role/signup',
  consumer: 'arn:aws:iam::111122223333:root',
};
export const producerArns = [
  'arn:aws:sns:us-east-1:000000000000:signups',
  'arn:aws:events:us-east-1:000000000000:rule/signups',
];

/**
 * The deployments that the tests look at: as it stands, the same once more, with everything set that changes others or
 * adds something, and with what large organisations ask for.
 */
export interface Packages {
  readonly dev: PackagedService;
  readonly again: PackagedService;
  readonly prod: PackagedService;
  readonly corporate: PackagedService;
}

/** `--param` options for parameters by name. */
export const asOptions = (parameters: Readonly<Record<string, string | number>>) =>
  Object.entries(parameters).flatMap(([name, value]) => ['--param', `${name}=${value}`]);

/** A deployment in which every parameter that changes others, or adds something, is set. */
export const everythingSet = [
  '--stage',
  'prod',
  ...asOptions({
    timeoutSeconds: 100,
    batchSize: 50,
    batchingWindowSeconds: 5,
    maxReceives: 9,
    memoryMb: 1024,
    logLevel: 'DEBUG',
    requestRetentionDays: 4,
    maximumConcurrency: 0,
    minimumPollers: 2,
    maximumPollers: 20,
    reservedConcurrency: 40,
    triggerEnabled: 'false',
    kmsKeyArn: customerKey,
    formerKmsKeyArns: formerKey,
    producerArns: producerArns.join(','),
    producerPrincipalArns: otherAccount.producer,
    consumerPrincipalArns: otherAccount.consumer,
    outcomeVisibilitySeconds: 90,
    alarmAddresses: 'on-call@example.com, boss@example.com',
    alarmDeadLetters: 5,
    alarmOldestRequestSeconds: 1800,
    alarmCompletions: 0,
    alarmOldestCompletionSeconds: 0,
    deletionProtection: 'true',
  }),
];

/** What large organisations ask for, and the product reading dead letters where they are. */
export const corporateSettings = [
  '--stage',
  'corp',
  ...asOptions({
    namePrefix: 'acme-',
    permissionsBoundaryArn: boundary,
    rolePath: '/service/',
    tags: 'team=identity, cost-centre=42',
    vpcSubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1',
    vpcSecurityGroupIds: 'sg-0123456789abcdef0',
    secretsKmsKeyArn: secretsKey,
    alarmTopicArn: alarmTopic,
    copyDeadLetters: 'false',
  }),
];

/**
 * Packages the built artefacts as `osls package` would, in a folder of its own because osls always
 * works in the service's `.serverless`. It gets an environment without settings and dies of any connection.
 */
export async function packageService(builtAt: Date, options: string[] = []): Promise<PackagedService> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-package-'));
  try {
    for (const file of serviceFiles) await cp(join(root, file), join(folder, file), { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const name of functionNames) await utimes(join(folder, 'dist', name, 'index.mjs'), builtAt, builtAt);
    const nodeArguments = ['--import', refuseConnections, osls, 'package', ...options];
    await promisify(execFile)(process.execPath, nodeArguments, {
      cwd: folder,
      env: {
        HOME: join(folder, 'home'),
        SLS_SCHEMA_CACHE_BASE_DIR: cache,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      },
    });
    return await readPackage(join(folder, '.serverless'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readPackage(folder: string): Promise<PackagedService> {
  const names = await readdir(folder);
  const files = new Map<string, Buffer>();
  for (const name of names.sort()) files.set(name, await readFile(join(folder, name)));
  const state = files.get(stateFile)?.toString() ?? '';
  files.set(stateFile, Buffer.from(state.replaceAll(dirname(folder), '')));
  const file = (name: string) => files.get(name) ?? Buffer.alloc(0);
  const template = Sections.parse(JSON.parse(file(templateFile).toString()));
  return {
    template: new Template(template),
    zips: {
      'user-requested': file('user-requested.zip'),
      'request-exhausted': file('request-exhausted.zip'),
    },
    files,
  };
}

const Properties = z.record(z.string(), z.unknown());
const Retained = z.enum(['Retain', 'Delete']).optional();
const Sections = z.object({
  Metadata: z.object({
    Usher: z.object({ version: z.string(), settings: Properties, given: z.array(z.string()) }),
  }),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.string()))),
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: Properties.default({}),
      DeletionPolicy: Retained,
      UpdateReplacePolicy: Retained,
    }),
  ),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});
type Sections = z.infer<typeof Sections>;
type Resource = Sections['Resources'][string];

export const arnOf = {
  queue: (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`,
  function: (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
  logGroup: (name: string) => `arn:aws:logs:us-east-1:000000000000:log-group:${name}:*`,
  role: (logicalId: string) => `arn:aws:iam::000000000000:role/${logicalId}`,
  secret: (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`,
  policy: (logicalId: string) => `arn:aws:iam::000000000000:policy/${logicalId}`,
  topic: (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`,
  stack: 'arn:aws:cloudformation:us-east-1:000000000000:stack/usher/1',
  mapping: (uuid: string) => `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${uuid}`,
  alarm: (name: string) => `arn:aws:cloudwatch:us-east-1:000000000000:alarm:${name}`,
};

export const queueUrl = (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;

const Domain = z.strictObject({ 'Fn::FindInMap': z.tuple([z.string(), z.unknown(), z.string()]) });
const Reference = z.strictObject({ Ref: z.string() });
const Attribute = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.enum(['Arn', 'QueueName'])]) });
const Substitution = z.strictObject({ 'Fn::Sub': z.string() });
const NamedSubstitution = z.strictObject({
  'Fn::Sub': z.tuple([z.string(), z.record(z.string(), z.unknown())]),
});

const pseudoParameters = new Map([
  ['AWS::Partition', 'aws'],
  ['AWS::Region', 'us-east-1'],
  ['AWS::AccountId', '000000000000'],
]);

function pseudoParameter(name: string): string {
  const value = pseudoParameters.get(name);
  if (value === undefined) throw new Error(`the template refers to ${name}, which is not known here`);
  return value;
}

/** What `!Ref` gives, by the type of the resource; of any other type, its logical id. */
const references = new Map<string, (properties: Resource['Properties'], id: string) => string>([
  ['AWS::SQS::Queue', ({ QueueName }) => queueUrl(String(QueueName))],
  ['AWS::Lambda::Function', ({ FunctionName }) => String(FunctionName)],
  ['AWS::Logs::LogGroup', ({ LogGroupName }) => String(LogGroupName)],
  ['AWS::CloudWatch::Dashboard', ({ DashboardName }) => String(DashboardName)],
  ['AWS::SNS::Topic', ({ TopicName }) => arnOf.topic(String(TopicName))],
  ['AWS::IAM::ManagedPolicy', (_, id) => arnOf.policy(id)],
]);

const arns = new Map<string, (properties: Resource['Properties'], id: string) => string>([
  ['AWS::SQS::Queue', ({ QueueName }) => arnOf.queue(String(QueueName))],
  ['AWS::Lambda::Function', ({ FunctionName }) => arnOf.function(String(FunctionName))],
  ['AWS::Logs::LogGroup', ({ LogGroupName }) => arnOf.logGroup(String(LogGroupName))],
  ['AWS::IAM::Role', (_, id) => arnOf.role(id)],
]);

/** A CloudFormation template, read as what it would make in us-east-1 of account 000000000000. */
export class Template {
  readonly #sections: Sections;

  constructor(sections: Sections) {
    this.#sections = sections;
  }

  get types(): string[] {
    return Object.values(this.#sections.Resources).map(({ Type }) => Type);
  }

  /** What the template tells of how it was made. */
  get deployedWith(): Sections['Metadata']['Usher'] {
    return this.#sections.Metadata.Usher;
  }

  /** The logical ids of what outlives the stack, or its own replacement. */
  kept(when: 'DeletionPolicy' | 'UpdateReplacePolicy'): string[] {
    const resources = Object.entries(this.#sections.Resources);
    return resources.filter(([, resource]) => resource[when] === 'Retain').map(([id]) => id);
  }

  get outputs(): Map<string, unknown> {
    const outputs = Object.entries(this.#sections.Outputs);
    return new Map(outputs.map(([name, { Value }]) => [name, this.#resolve(Value)]));
  }

  /** The properties of every resource of one type by logical id, references resolved. */
  all<T>(type: string, properties: z.ZodType<T>): Map<string, T> {
    const found = Object.entries(this.#sections.Resources).filter(([, { Type }]) => Type === type);
    return new Map(found.map(([id, resource]) => [id, properties.parse(this.#resolve(resource.Properties))]));
  }

  #resolve(value: unknown): unknown {
    const reference = Reference.safeParse(value).data?.Ref;
    if (reference !== undefined) return this.#refer(reference);
    const attribute = Attribute.safeParse(value).data?.['Fn::GetAtt'];
    if (attribute) return this.#attribute(...attribute);
    const substitution = Substitution.safeParse(value).data?.['Fn::Sub'];
    if (substitution !== undefined) return this.#substitute(substitution);
    const named = NamedSubstitution.safeParse(value).data?.['Fn::Sub'];
    if (named) return this.#substitute(...named);
    const domain = Domain.safeParse(value).data?.['Fn::FindInMap'];
    if (domain) return this.#find(...domain);
    if (Array.isArray(value)) return value.map((item) => this.#resolve(item));
    const members = Properties.safeParse(value).data;
    if (!members) return value;
    return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, this.#resolve(member)]));
  }

  #refer(id: string): string {
    if (id === 'AWS::StackId') return arnOf.stack;
    if (id.startsWith('AWS::')) return pseudoParameter(id);
    const { Type, Properties: properties } = this.#resource(id);
    return references.get(Type)?.(properties, id) ?? id;
  }

  #attribute(id: string, name: 'Arn' | 'QueueName'): string {
    const { Type, Properties: properties } = this.#resource(id);
    if (name === 'QueueName') return String(properties.QueueName);
    const arn = arns.get(Type)?.(properties, id);
    if (arn === undefined) throw new Error(`the ARN of a ${Type} is not known here`);
    return arn;
  }

  #find(map: string, key: unknown, name: string): unknown {
    return this.#sections.Mappings[map]?.[String(this.#resolve(key))]?.[name];
  }

  #substitute(text: string, named: Readonly<Record<string, unknown>> = {}): string {
    return text.replaceAll(/\$\{([\w:.]+)\}/g, (_, name: string) => {
      if (Object.hasOwn(named, name)) return String(this.#resolve(named[name]));
      if (name.startsWith('AWS::')) return pseudoParameter(name);
      return name.endsWith('.Arn')
        ? this.#attribute(name.slice(0, -'.Arn'.length), 'Arn')
        : this.#refer(name);
    });
  }

  #resource(id: string): Resource {
    const resource = this.#sections.Resources[id];
    if (!resource) throw new Error(`the template refers to ${id}, which is not in it`);
    return resource;
  }
}
