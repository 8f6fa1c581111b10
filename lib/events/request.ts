import * as z from 'zod/mini';
import { isObject } from '../json.ts';
import type { Fields, Provider } from '../providers/provider.ts';
import { Failure } from '../records/failure.ts';
import { type Issue, read, timeOf, timeSchema } from '../schema.ts';
import { connectionSchema, DEFAULT_CONNECTION, identifierSchema, subjectSchema } from './attributes.ts';
import type { Delivery } from './delivery.ts';
import { REQUESTED } from './types.ts';

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

/** The schema of a request whose `data.user` has the given schema. */
export function requestSchema<User>(user: z.core.$ZodType<User>) {
  return z.looseObject({
    specversion: z.literal('1.0'),
    id: identifierSchema,
    source: identifierSchema,
    type: z.literal(REQUESTED),
    // By the CloudEvents JSON format null means the same as an attribute that is left out.
    time: z.nullish(timeSchema),
    subject: z.nullish(subjectSchema),
    expirytime: z.nullish(timeSchema),
    correlationid: z.nullish(z.string()),
    causationid: z.nullish(z.string()),
    traceparent: z.nullish(z.string()),
    tracestate: z.nullish(z.string()),
    data: z.strictObject({
      provider: z.string(),
      connection: z._default(connectionSchema, DEFAULT_CONNECTION),
      user,
    }),
  });
}

const ofUnknownProvider = requestSchema(z.looseObject({}));

/** Makes the reader of requests; it fails with `invalid_event` (every problem told) or `unsupported_provider`. */
export function createRequestReader(providers: readonly Provider[]): (delivery: Delivery) => UserRequest {
  const known = new Map(
    providers.map((provider) => [provider.name, { provider, schema: requestSchema(provider.user) }]),
  );
  return ({ event, facts }) => {
    const entry = known.get(facts.provider ?? '');
    const reading = read(entry?.schema ?? ofUnknownProvider, event);
    if (!reading.ok) throw invalidEvent(event, reading.issues);
    const { id, source, time, expirytime, data } = reading.value;
    if (entry === undefined) throw unsupportedProvider([...known.keys()]);
    return {
      id,
      source,
      time: time ?? undefined,
      expiresAt: timeOf(expirytime ?? ''),
      provider: entry.provider,
      connection: data.connection,
      user: data.user,
    };
  };
}

/** Fails with `request_expired` where the request's time is over. `now` is in milliseconds since the epoch. */
export function refuseExpired({ expiresAt }: Pick<UserRequest, 'expiresAt'>, now: number): void {
  if (expiresAt === undefined || now <= expiresAt) return;
  const message = `The request expired at ${new Date(expiresAt).toISOString()}; nothing was provisioned.`;
  throw new Failure('request_expired', message);
}

function invalidEvent(event: unknown, issues: readonly Issue[]): Failure {
  if (!isObject(event)) {
    const message = 'The message holds no event: its body must be a JSON object.';
    return new Failure('invalid_event', message, {
      told: { issues: [{ path: '', message: 'must be a JSON object' }] },
    });
  }
  const told = issues.slice(0, 5).map(({ path, message }) => `${path} ${message}`);
  const more = issues.length > told.length ? `; and ${issues.length - told.length} more in issues` : '';
  return new Failure('invalid_event', `The event is no valid ${REQUESTED}: ${told.join('; ')}${more}.`, {
    told: { issues },
  });
}

function unsupportedProvider(known: readonly string[]): Failure {
  return new Failure(
    'unsupported_provider',
    `There is no such provider; data.provider is one of ${known.join(', ')}.`,
    { told: { issues: [{ path: 'data.provider', message: `must be one of ${known.join(', ')}` }] } },
  );
}
