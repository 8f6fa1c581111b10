import * as z from 'zod/mini';
import { type Fields, lazily, type Provider } from '../providers/provider.ts';
import { Failure } from '../records/failure.ts';
import { type Issue, read, timeOf, withDefault } from '../schema.ts';
import { connectionSchema, DEFAULT_CONNECTION, identifierSchema, optionalAttributes } from './attributes.ts';
import { dataOf } from './data.ts';
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

const contextSchema = z.looseObject({
  specversion: z.literal('1.0'),
  id: identifierSchema,
  source: identifierSchema,
  type: z.literal(REQUESTED),
  ...optionalAttributes,
});

/** The schema of a request whose `data.user` has the given schema. */
export function requestSchema<User>(user: z.core.$ZodType<User>) {
  return z.extend(contextSchema, {
    data: z.strictObject({
      provider: z.string(),
      connection: withDefault(connectionSchema, DEFAULT_CONNECTION),
      user,
    }),
  });
}

const ofUnknownProvider = requestSchema(z.looseObject({}));
/** Of a request whose `data_base64` is wrong: that its data is missing is no second problem. */
const ofNoData = z.extend(contextSchema, { data: z.custom<never>() });

/** Makes the reader of requests; it fails with `invalid_event` (every problem told) or `unsupported_provider`. */
export function createRequestReader(providers: readonly Provider[]): (delivery: Delivery) => UserRequest {
  const known = new Map(
    providers.map((provider) => [
      provider.name,
      // Only the schemas of the providers that are asked for are made.
      { provider, schema: lazily(() => requestSchema(provider.schemas().user)) },
    ]),
  );
  return ({ event, facts }) => {
    if (event === undefined) throw noEvent();
    const { data: carried, issue } = dataOf(event);
    const entry = known.get(facts.provider ?? '');
    const schema = issue && carried === undefined ? ofNoData : (entry?.schema() ?? ofUnknownProvider);
    const reading = read(schema, { ...event, data: carried }, [], issue && [issue]);
    if (!reading.ok) throw invalidEvent(reading.issues);
    const { id, source, time, expirytime, data } = reading.value;
    if (entry === undefined) throw unsupportedProvider([...known.keys()]);
    return {
      id,
      source,
      time,
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

function noEvent(): Failure {
  const message = 'The message holds no event: its body must be a JSON object.';
  const issues = [{ path: '', message: 'must be a JSON object' }];
  return new Failure('invalid_event', message, { told: { issues } });
}

/** A request that breaks the rules of its event type, with every problem. */
export function invalidEvent(issues: readonly Issue[]): Failure {
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
