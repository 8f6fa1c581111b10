import * as z from 'zod/mini';
import type { Provider, Setting } from './providers/provider.ts';
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

export interface ProviderConfig {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly tokenUrl?: string | undefined;
  /** Account-wide roles that a request may ask for. */
  readonly allowedRoles: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const url = z.pipe(
  z
    .string()
    .check(
      z.refine(isPlainHttpUrl, { error: 'must be an http or https URL without query, fragment or user' }),
    ),
  z.transform((value) => {
    const { origin, pathname } = new URL(value);
    return (origin + pathname).replace(/\/+$/, '');
  }),
);
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
  { settings: { baseUrl, tokenUrl, allowedRoles } }: Provider,
  problems: Issue[],
): ProviderConfig | undefined {
  const one = <T>(setting: Setting, schema: z.core.$ZodType<T>) =>
    take(schema, environment[setting.variable] ?? setting.fallback, problems, [setting.variable]);
  const values = {
    baseUrl: one(baseUrl, url),
    tokenUrl: tokenUrl && one(tokenUrl, url),
    allowedRoles: one(allowedRoles, list),
  };
  if (values.baseUrl === undefined || values.allowedRoles === undefined) return undefined;
  return { baseUrl: values.baseUrl, tokenUrl: values.tokenUrl, allowedRoles: values.allowedRoles };
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

function isPlainHttpUrl(value: string): boolean {
  const parsed = URL.parse(value);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return false;
  return parsed.search + parsed.hash + parsed.username + parsed.password === '';
}
