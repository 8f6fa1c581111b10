import { allowListNames } from '../../deployment/allow-lists.ts';
import type { Parameter } from '../../deployment/kinds.ts';
import { parameters } from '../../deployment/parameters.ts';
import { conditionOf, LEFT_OPEN } from '../../deployment/placeholders.ts';

/** A parameter of CloudFormation. */
interface Declared {
  readonly Type: 'String' | 'Number' | 'CommaDelimitedList';
  readonly Description: string;
  readonly Default?: string | number;
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly MinValue?: number;
  readonly MaxValue?: number;
  readonly MinLength?: number;
}

/** Lists that the template needs as one text. */
const TEXTS = new Set<string>([...allowListNames, 'alarmAddresses']);

const STAGE: Declared = {
  Type: 'String',
  Description: 'Names this deployment, and everything that it makes.',
  Default: 'prod',
  AllowedPattern: '^[a-z][a-z0-9-]{0,19}$',
  ConstraintDescription: 'must be up to 20 small letters, digits and hyphens, the first a letter',
};

const CODE: Readonly<Record<string, Declared>> = {
  CodeBucket: {
    Type: 'String',
    Description: 'The S3 bucket, in the same region, that holds the two zips of this release.',
    MinLength: 3,
  },
  CodePrefix: {
    Type: 'String',
    Description: 'What stands before their names in the bucket, such as usher/; empty: nothing.',
    Default: '',
    AllowedPattern: '^$|^[^/].*/$',
    ConstraintDescription: 'must end with /, or be empty',
  },
};

/** The parameters of the release template by name: what may differ between accounts. */
export function declaredParameters(): Readonly<Record<string, Declared>> {
  const { stage, ...settings } = LEFT_OPEN;
  const open = Object.entries(settings).map(([setting, name]) => [
    name,
    declared(setting as keyof typeof settings),
  ]);
  return {
    ...CODE,
    [stage]: STAGE,
    MaximumConcurrency: {
      Type: 'Number',
      Description: 'Containers at once. 5 x 10 records with half a second a call are 6,000 calls a minute.',
      Default: 5,
      MinValue: 2,
      MaxValue: parameters.maximumConcurrency.most ?? 1000,
    },
    ...Object.fromEntries(open),
  };
}

function declared(setting: Exclude<keyof typeof LEFT_OPEN, 'stage'>): Declared {
  const parameter: Parameter<unknown> = parameters[setting];
  const { default: fallback, why, rule, pattern } = parameter;
  const isList = Array.isArray(fallback);
  const common = { Description: why, ConstraintDescription: rule };
  // What follows from the stage cannot be a default here: whoever deploys says it.
  if (typeof fallback === 'function')
    return { ...common, Type: 'String', AllowedPattern: pattern?.source ?? '' };
  const Default = isList ? fallback.join(',') : String(fallback);
  const one = bare(pattern?.source ?? '');
  if (!isList) return { ...common, Type: 'String', Default, AllowedPattern: pattern?.source ?? '' };
  if (setting === 'alarmAddresses')
    return { ...common, Type: 'String', Default, AllowedPattern: `^$|^${one}$`, Description: ALARM_ADDRESS };
  if (TEXTS.has(setting)) {
    const none = Default === '' ? '^$|' : '';
    return { ...common, Type: 'String', Default, AllowedPattern: `${none}^${one}(,${one})*$` };
  }
  return { ...common, Type: 'CommaDelimitedList', Default, AllowedPattern: `^$|^${one}$` };
}

const ALARM_ADDRESS =
  'Who is told of alarms; the address gets one e-mail to confirm. Empty: a topic to subscribe to.';

/** A pattern without its anchors, to be put into another one. */
function bare(source: string): string {
  return `(${source.replace(/^\^/, '').replace(/\$$/, '')})`;
}

/** The condition of each parameter that may be empty. */
export function conditions(): Readonly<Record<string, unknown>> {
  const entries = Object.entries(declaredParameters()).map(([name, { Type }]) => {
    const value = Type === 'CommaDelimitedList' ? { 'Fn::Join': ['', { Ref: name }] } : { Ref: name };
    return [conditionOf(name), { 'Fn::Not': [{ 'Fn::Equals': [value, ''] }] }];
  });
  return Object.fromEntries(entries);
}
