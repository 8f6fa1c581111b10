import * as z from 'zod';
import { Failure, type Issue } from '../failure.ts';
import { isObject } from '../json.ts';
import type { Fields, Provider } from '../providers/provider.ts';
import { read, text, timeOf, timeSchema } from '../schema.ts';
import { REQUESTED } from './types.ts';
import type { Received } from './unwrap.ts';

/** A valid request: which user shall exist at which provider. */
export interface UserRequest {
  readonly id: string;
  readonly source: string;
  readonly time: string | undefined;
  /** Milliseconds since the epoch, after which nothing is provisioned. */
  readonly expiresAt: number | undefined;
  readonly provider: Provider;
  readonly connection: string;
  /** `data.user`, with the key and the defaults filled in. */
  readonly user: Fields;
}

export const DEFAULT_CONNECTION = 'default';

export const identifierSchema: z.ZodString = text(1, 255);
export const connectionSchema: z.ZodString = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: 'must be 1 to 63 characters of a-z, 0-9 and hyphen, not beginning with a hyphen',
});
export const subjectSchema: z.ZodString = z.string().refine((subject) => !subject.includes('@'), {
  error: 'must be an opaque id without @, as it is copied into outcomes',
});

/** The schema of a request whose `data.user` has the given schema. */
export function requestSchema<User>(user: z.ZodType<User>) {
  return z.looseObject({
    specversion: z.literal('1.0'),
    id: identifierSchema,
    source: identifierSchema,
    type: z.literal(REQUESTED),
    time: timeSchema.optional(),
    subject: subjectSchema.optional(),
    expirytime: timeSchema.optional(),
    correlationid: z.string().optional(),
    causationid: z.string().optional(),
    traceparent: z.string().optional(),
    tracestate: z.string().optional(),
    data: z.strictObject({
      provider: z.string(),
      connection: connectionSchema.default(DEFAULT_CONNECTION),
      user,
    }),
  });
}

const ofUnknownProvider = requestSchema(z.looseObject({}));

/** Makes the reader of requests; it fails with `invalid_event` (every problem told) or `unsupported_provider`. */
export function createRequestReader(providers: readonly Provider[]): (received: Received) => UserRequest {
  const known = new Map(
    providers.map((provider) => [provider.name, { provider, schema: requestSchema(provider.user) }]),
  );
  return ({ event }) => {
    const entry = known.get(providerName(event) ?? '');
    const reading = read(entry?.schema ?? ofUnknownProvider, event);
    if (!reading.ok) throw invalidEvent(event, reading.issues);
    const { id, source, time, expirytime, data } = reading.value;
    if (entry === undefined) throw unsupportedProvider([...known.keys()]);
    const expiresAt = expirytime === undefined ? undefined : timeOf(expirytime);
    return {
      id,
      source,
      time,
      expiresAt,
      provider: entry.provider,
      connection: data.connection,
      user: data.user,
    };
  };
}

/** The provider that an event names, be the rest of it valid or not. */
export function providerName(event: unknown): string | undefined {
  if (!isObject(event) || !isObject(event.data)) return undefined;
  return typeof event.data.provider === 'string' ? event.data.provider : undefined;
}

function invalidEvent(event: unknown, issues: readonly Issue[]): Failure {
  if (!isObject(event)) {
    const message = 'The message holds no event: its body must be a JSON object.';
    return new Failure('invalid_event', message, {
      issues: [{ path: '', message: 'must be a JSON object' }],
    });
  }
  const told = issues.slice(0, 5).map(({ path, message }) => `${path || 'the event'} ${message}`);
  const more = issues.length > told.length ? `; and ${issues.length - told.length} more in issues` : '';
  return new Failure('invalid_event', `The event is no valid ${REQUESTED}: ${told.join('; ')}${more}.`, {
    issues,
  });
}

function unsupportedProvider(known: readonly string[]): Failure {
  return new Failure(
    'unsupported_provider',
    `There is no such provider; data.provider is one of ${known.join(', ')}.`,
    {
      issues: [{ path: 'data.provider', message: `must be one of ${known.join(', ')}` }],
    },
  );
}
