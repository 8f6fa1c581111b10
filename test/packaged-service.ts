import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';

const root = fileURLToPath(new URL('..', import.meta.url));
const osls = join(root, 'node_modules/osls/bin/serverless.js');
const serviceFiles = ['serverless.yml', 'serverless.computed.js', 'package.json', 'dist'];
const refuseConnections =
  "data:text/javascript,import{Socket}from'node:net';" +
  "Socket.prototype.connect=()=>{process.stderr.write('a connection was opened');process.exit(1)}";

export const functionNames = ['user-requested', 'request-exhausted'] as const;
export type FunctionName = (typeof functionNames)[number];

/** A packaged service: its CloudFormation template and the bytes of each function's zip. */
export interface PackagedService {
  template: Template;
  zips: Record<FunctionName, Uint8Array>;
}

/**
 * Packages the built artefacts as `osls package` would, in a folder of its own because osls always
 * works in the service's `.serverless`. It gets an empty environment and dies of any connection.
 */
export async function packageService(builtAt: Date, options: string[] = []): Promise<PackagedService> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-package-'));
  try {
    for (const file of serviceFiles) await cp(join(root, file), join(folder, file), { recursive: true });
    for (const name of functionNames) await utimes(join(folder, 'dist', name, 'index.mjs'), builtAt, builtAt);
    const nodeArguments = ['--import', refuseConnections, osls, 'package', ...options];
    await promisify(execFile)(process.execPath, nodeArguments, {
      cwd: folder,
      env: { HOME: join(folder, 'home') },
    });
    return await readPackage(join(folder, '.serverless'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readPackage(folder: string): Promise<PackagedService> {
  const template = await readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
  return {
    template: new Template(Resources.parse(JSON.parse(template)).Resources),
    zips: {
      'user-requested': await readFile(join(folder, 'user-requested.zip')),
      'request-exhausted': await readFile(join(folder, 'request-exhausted.zip')),
    },
  };
}

const Properties = z.record(z.string(), z.unknown());
const Resources = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties })),
});
type Resource = z.infer<typeof Resources>['Resources'][string];

export const arnOf = {
  queue: (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`,
  function: (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
  logGroup: (name: string) => `arn:aws:logs:us-east-1:000000000000:log-group:${name}:*`,
  role: (logicalId: string) => `arn:aws:iam::000000000000:role/${logicalId}`,
  secret: (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`,
};

export const queueUrl = (name: string) => `https://sqs.us-east-1.amazonaws.com/000000000000/${name}`;

const Reference = z.strictObject({ Ref: z.string() });
const Attribute = z.strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) });
const Substitution = z.strictObject({ 'Fn::Sub': z.string() });

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

/** A CloudFormation template, read as what it would make in us-east-1 of account 000000000000. */
export class Template {
  readonly #resources: Record<string, Resource>;

  constructor(resources: Record<string, Resource>) {
    this.#resources = resources;
  }

  get types(): string[] {
    return Object.values(this.#resources).map(({ Type }) => Type);
  }

  /** The properties of every resource of one type by logical id, references resolved. */
  all<T>(type: string, properties: z.ZodType<T>): Map<string, T> {
    const found = Object.entries(this.#resources).filter(([, { Type }]) => Type === type);
    return new Map(found.map(([id, resource]) => [id, properties.parse(this.#resolve(resource.Properties))]));
  }

  #resolve(value: unknown): unknown {
    const reference = Reference.safeParse(value).data?.Ref;
    if (reference !== undefined) return this.#refer(reference);
    const attribute = Attribute.safeParse(value).data?.['Fn::GetAtt'];
    if (attribute) return this.#arn(attribute[0]);
    const substitution = Substitution.safeParse(value).data?.['Fn::Sub'];
    if (substitution !== undefined) return this.#substitute(substitution);
    if (Array.isArray(value)) return value.map((item) => this.#resolve(item));
    const members = Properties.safeParse(value).data;
    if (!members) return value;
    return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, this.#resolve(member)]));
  }

  #refer(id: string): string {
    const { Type, Properties: properties } = this.#resource(id);
    return Type === 'AWS::SQS::Queue' ? queueUrl(String(properties.QueueName)) : id;
  }

  #arn(id: string): string {
    const { Type, Properties: properties } = this.#resource(id);
    if (Type === 'AWS::SQS::Queue') return arnOf.queue(String(properties.QueueName));
    if (Type === 'AWS::Lambda::Function') return arnOf.function(String(properties.FunctionName));
    if (Type === 'AWS::Logs::LogGroup') return arnOf.logGroup(String(properties.LogGroupName));
    if (Type === 'AWS::IAM::Role') return arnOf.role(id);
    throw new Error(`the ARN of a ${Type} is not known here`);
  }

  #substitute(text: string): string {
    return text.replaceAll(/\$\{([\w:.]+)\}/g, (_, name: string) =>
      name.endsWith('.Arn') ? this.#arn(name.slice(0, -'.Arn'.length)) : pseudoParameter(name),
    );
  }

  #resource(id: string): Resource {
    const resource = this.#resources[id];
    if (!resource) throw new Error(`the template refers to ${id}, which is not in it`);
    return resource;
  }
}
