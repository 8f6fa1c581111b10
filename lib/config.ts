import * as z from 'zod/mini';
import { urlSchema as url } from './address.ts';
import type { Addresses, Provider, Setting } from './providers/provider.ts';
import { type Issue, read } from './schema.ts';
import { LOG_LEVELS, type LogLevel } from './telemetry/log.ts';

/** What both functions take from their environment. */
export interface OutcomeConfig {
  readonly deadLetterQueueUrl: string;
  /** Where a copy of each dead letter goes, if anywhere. */
  readonly copyQueueUrl: string | undefined;
  /** The `source` of outcomes. */
  readonly eventSource: string;
  readonly logLevel: LogLevel;
}

/** What `user-requested` takes from its environment. */
export interface Config extends OutcomeConfig {
  readonly requestQueueUrl: string;
  readonly completionQueueUrl: string;
  /** The receive on which Usher itself gives a request up. */
  readonly maxReceives: number;
  readonly secretPrefix: string;
  /** Calls in flight per connection and container. */
  readonly providerConcurrency: number;
  /** By the provider's name. */
  readonly providers: ReadonlyMap<string, ProviderConfig>;
}

export interface ProviderConfig extends Addresses {
  /** Account-wide roles that a request may ask for. */
  readonly allowedRoles: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const wholeNumber = z.pipe(
  z.string().check(z.regex(/^[1-9]\d{0,8}$/, { error: 'must be a whole number from 1' })),
  z.transform(Number),
);
const list = z
  .pipe(
    z.string(),
    z.transform((value) => value.split(',').map((one) => one.trim())),
  )
  .check(z.refine((values) => !values.includes(''), { error: 'must be a comma-separated list' }));

/** Of roles: none is a slip, unless it is what the provider begins with. */
const anyList = z.union([
  z.pipe(
    z.literal(''),
    z.transform((): string[] => []),
  ),
  list,
]);

const outcomeVariables = z.object({
  DEAD_LETTER_QUEUE_URL: url,
  COPY_DEAD_LETTERS: z._default(z.enum(['true', 'false']), 'false'),
  EVENT_SOURCE: z._default(
    z.string().check(z.minLength(1, { error: 'must not be empty' })),
    'urn:usher:local',
  ),
  LOG_LEVEL: z._default(z.enum(LOG_LEVELS), 'INFO'),
});

const copyingVariables = z.extend(outcomeVariables, { COMPLETION_QUEUE_URL: url });

const requestVariables = z.extend(copyingVariables, {
  REQUEST_QUEUE_URL: url,
  MAX_RECEIVES: wholeNumber,
  SECRET_PREFIX: z._default(z.string(), 'usher/'),
  PROVIDER_CONCURRENCY: z.prefault(wholeNumber, '10'),
});

/** Reads the environment of `user-requested`; throws one error that names every problem. */
export function readConfig(environment: Environment, providers: readonly Provider[]): Config {
  const problems: Issue[] = [];
  const values = take(requestVariables, environment, problems);
  const providerConfigs = new Map<string, ProviderConfig>();
  for (const provider of providers) {
    const config = readProviderConfig(environment, provider, problems);
    if (config) providerConfigs.set(provider.name, config);
  }
  if (values === undefined || problems.length > 0) throw wrongEnvironment(problems);
  return {
    ...outcomeConfig(values),
    requestQueueUrl: values.REQUEST_QUEUE_URL,
    completionQueueUrl: values.COMPLETION_QUEUE_URL,
    maxReceives: values.MAX_RECEIVES,
    secretPrefix: values.SECRET_PREFIX,
    providerConcurrency: values.PROVIDER_CONCURRENCY,
    providers: providerConfigs,
  };
}

/** Reads the environment of `request-exhausted`; throws one error that names every problem. */
export function readOutcomeConfig(environment: Environment): OutcomeConfig {
  const problems: Issue[] = [];
  const isCopying = environment.COPY_DEAD_LETTERS === 'true';
  const values = take(isCopying ? copyingVariables : outcomeVariables, environment, problems);
  if (values === undefined) throw wrongEnvironment(problems);
  return outcomeConfig(values);
}

type OutcomeValues = z.output<typeof outcomeVariables> & { readonly COMPLETION_QUEUE_URL?: string };

function outcomeConfig(values: OutcomeValues): OutcomeConfig {
  return {
    deadLetterQueueUrl: values.DEAD_LETTER_QUEUE_URL,
    copyQueueUrl: values.COPY_DEAD_LETTERS === 'true' ? values.COMPLETION_QUEUE_URL : undefined,
    eventSource: values.EVENT_SOURCE,
    logLevel: values.LOG_LEVEL,
  };
}

function readProviderConfig(
  environment: Environment,
  { settings }: Provider,
  problems: Issue[],
): ProviderConfig | undefined {
  const one = <T>({ variable, fallback }: Setting, schema: z.core.$ZodType<T>) =>
    take(schema, environment[variable] ?? fallback, problems, [variable]);
  const baseUrl = settings.baseUrl ? one(settings.baseUrl, url) : '';
  const tokenUrl = settings.tokenUrl ? one(settings.tokenUrl, url) : '';
  const allowedRoles = one(settings.allowedRoles, settings.allowedRoles.fallback === '' ? anyList : list);
  if (baseUrl === undefined || tokenUrl === undefined || allowedRoles === undefined) return undefined;
  return { baseUrl, tokenUrl, allowedRoles };
}

function take<T>(
  schema: z.core.$ZodType<T>,
  value: unknown,
  problems: Issue[],
  path: readonly string[] = [],
): T | undefined {
  const reading = read(schema, value, path);
  if (reading.ok) return reading.value;
  problems.push(...reading.issues);
  return undefined;
}

function wrongEnvironment(problems: readonly Issue[]): Error {
  const told = problems.map(({ path, message }) => `${path} ${message}`);
  return new Error(`The environment of the function is wrong: ${told.join('; ')}.`);
}
