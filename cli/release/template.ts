import { allowListNames } from '../../deployment/allow-lists.ts';
import { PLACEHOLDER, parameterOf } from '../../deployment/placeholders.ts';
import { conditions, declaredParameters } from './parameters.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = { readonly [name: string]: Json };

export interface Packaged {
  readonly template: JsonObject;
  readonly version: string;
  /** The name of each function's zip in the bucket. */
  readonly zips: Readonly<Record<string, string>>;
}

/** What osls makes for a stage of its own: the release is deployed without a bucket that belongs to the stack. */
const BUCKET = ['ServerlessDeploymentBucket', 'ServerlessDeploymentBucketPolicy'];
const MAPPING = 'UserDashrequestedEventSourceMappingSQSRequestsQueue';
const FUNCTIONS = {
  UserDashrequestedLambdaFunction: 'user-requested',
  RequestDashexhaustedLambdaFunction: 'request-exhausted',
} as const;

/** The template that osls has packaged, with parameters of CloudFormation for what may differ between accounts. */
export function releaseTemplate({ template, version, zips }: Packaged): JsonObject {
  const resources = objectOf(template.Resources);
  const { ServerlessDeploymentBucketName: _, ...outputs } = objectOf(template.Outputs);
  const own = Object.entries(resources).filter(([id]) => !BUCKET.includes(id));
  const changed = own.map(([id, resource]) => [id, ofRelease(id, objectOf(resource), zips)]);
  const { Metadata: _metadata, ...rest } = template;
  const open = objectOf(
    withReferences({ ...rest, Resources: Object.fromEntries(changed), Outputs: outputs }),
  );
  const used = JSON.stringify(open);
  const isUsed = (name: string) => used.includes(JSON.stringify(name));
  return {
    ...open,
    Description: `Usher ${version}: signup events in, provisioned users out`,
    Metadata: { Usher: { version }, 'AWS::CloudFormation::Interface': form() },
    Parameters: declaredParameters() as unknown as JsonObject,
    Conditions: Object.fromEntries(
      Object.entries(conditions() as JsonObject).filter(([name]) => isUsed(name)),
    ),
  };
}

function ofRelease(id: string, resource: JsonObject, zips: Packaged['zips']): JsonObject {
  const properties = objectOf(resource.Properties ?? {});
  if (id === MAPPING)
    return {
      ...resource,
      Properties: { ...properties, ScalingConfig: { MaximumConcurrency: { Ref: 'MaximumConcurrency' } } },
    };
  const name = (FUNCTIONS as Readonly<Record<string, string>>)[id];
  if (name === undefined) return resource;
  const Code = { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { 'Fn::Sub': `\${CodePrefix}${zips[name]}` } };
  return { ...resource, Properties: { ...properties, Code } };
}

/** References in place of all placeholders. */
export function withReferences(value: Json): Json {
  if (typeof value === 'string') return referenceIn(value);
  if (Array.isArray(value)) return listOf(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name === 'Fn::Sub' ? substitution(member) : withReferences(member),
    ]),
  );
}

/** A list that is left open as a whole is a parameter of its own. */
function listOf(list: readonly Json[]): Json {
  const [only] = list;
  const isOpen = list.length === 1 && typeof only === 'string' && isPlaceholder(only);
  return isOpen ? referenceIn(only) : list.map(withReferences);
}

function referenceIn(text: string): Json {
  const name = PLACEHOLDER.exec(text)?.[1];
  if (name === undefined) return text;
  if (isPlaceholder(text)) return { Ref: name };
  // In a text that was no substitution so far, nothing else is to be substituted.
  return { 'Fn::Sub': named(text.replaceAll('${', '${!')) };
}

function substitution(value: Json): Json {
  if (typeof value === 'string') return named(value);
  const [text, variables] = value as readonly [string, Json];
  return [named(text), withReferences(variables)];
}

function named(text: string): string {
  return text.replaceAll(new RegExp(PLACEHOLDER, 'g'), (_, name: string) => `\${${name}}`);
}

function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.exec(text)?.[0] === text;
}

function objectOf(value: Json | undefined): JsonObject {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Error('The packaged template is not what it was: an object is missing');
  return value as JsonObject;
}

/** In which order CloudFormation's console asks for the parameters. */
function form(): Json {
  const groups: Readonly<Record<string, readonly string[]>> = {
    'Where the code is': ['CodeBucket', 'CodePrefix'],
    'What it is called': ['Stage', 'NamePrefix', 'SecretPrefix', 'PermissionsBoundaryArn'],
    'How much, and what may be asked for': ['MaximumConcurrency', ...allowListNames.map(parameterOf)],
    'Who sends and reads': ['ProducerArns', 'ProducerPrincipalArns', 'ConsumerPrincipalArns'],
    'Who is called': ['AlarmAddress', 'AlarmTopicArn'],
    Keys: ['KmsKeyArn', 'FormerKmsKeyArns', 'SecretsKmsKeyArn'],
  };
  return {
    ParameterGroups: Object.entries(groups).map(([label, Parameters]) => ({
      Label: { default: label },
      Parameters,
    })),
  };
}
