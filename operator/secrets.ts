import { isWithdrawn, unavailable } from '../lib/aws/secrets.ts';
import { createExchange } from '../lib/calls/exchange.ts';
import { createHttp } from '../lib/calls/http.ts';
import { systemClock } from '../lib/clock.ts';
import type { Config } from '../lib/config.ts';
import { openAccount } from '../lib/connections/account.ts';
import { createConnection } from '../lib/connections/connection.ts';
import { invalidSecret, type Secrets } from '../lib/connections/secrets.ts';
import { connectionSchema } from '../lib/events/attributes.ts';
import { providers } from '../lib/providers/index.ts';
import type { Provider } from '../lib/providers/provider.ts';
import { asFailure, type Failure } from '../lib/records/failure.ts';
import { noDurations } from '../lib/telemetry/durations.ts';
import { createMetrics } from '../lib/telemetry/metrics.ts';
import { isForbidden } from './aws/refused.ts';
import type { SecretStore } from './aws/secret-store.ts';

/** A connection by the name of its secret, below the prefix of the deployment. */
export interface NamedConnection {
  readonly provider: Provider;
  readonly connection: string;
  readonly secretName: string;
}

/** Reads `fireworks/default`; a sentence where that names no connection. */
export function readConnectionName(
  name: string,
  { secretPrefix }: Pick<Config, 'secretPrefix'>,
): NamedConnection | string {
  const [providerName = '', connection = 'default', ...more] = name.split('/');
  const provider = providers.find((each) => each.name === providerName);
  if (provider === undefined)
    return `there is no provider "${providerName}"; there are ${providers.map((each) => each.name).join(', ')}`;
  const isNamed = more.length === 0 && connectionSchema.safeParse(connection).success;
  if (!isNamed) return `"${name}" is no connection; one is named like ${providerName}/default`;
  return { provider, connection, secretName: `${secretPrefix}${providerName}/${connection}` };
}

/** The text of a connection's secret; fails with `secret_unavailable` where there is none to be used. */
export async function readStored(store: SecretStore, { secretName }: NamedConnection): Promise<string> {
  try {
    const text = await store.read(secretName);
    if (text !== undefined) return text;
  } catch (error) {
    // That this caller may not read it says nothing of the function.
    if (isForbidden(error) || !isWithdrawn(error)) throw error;
    throw unavailable(secretName, error);
  }
  throw invalidSecret(secretName, 'is binary, or has no value yet; put it as text');
}

/** What came of looking at a connection's credentials. */
export type Checked =
  /** The provider has answered a read-only call with them. */
  | { readonly result: 'works' }
  /** The secret is missing or wrong, or the provider refuses it. */
  | { readonly result: 'wrong'; readonly failure: Failure }
  /** The provider could not be asked, so that nobody knows. */
  | { readonly result: 'unclear'; readonly failure: Failure };

/** Whose fault: these are the credentials' own. */
const WRONG = new Set([
  'secret_invalid',
  'secret_unavailable',
  'provider_unauthorized',
  'provider_not_found',
]);
const TIME_MS = 20_000;
/** Stands for nobody: some lists are asked for by e-mail, whatever the provider calls it. */
const NOBODY = { email: 'nobody@example.invalid', user_email: 'nobody@example.invalid' };

/** Fails where the text cannot be the content of this connection's secret; tells paths, never content. */
export function understand({ provider, secretName }: NamedConnection, text: string): void {
  openAccount(provider, secretName, text, {
    addresses: { baseUrl: '', tokenUrl: '' },
    tokensOf: () => ({ get: () => Promise.reject(new Error('no call is made')) }),
  });
}

/**
 * Tries credentials by one page of the provider's list of users, which is the nearest thing to a create that changes
 * nothing. `readSecret` gives the secret's text.
 */
export async function tryConnection(
  { provider, secretName }: NamedConnection,
  config: Config,
  readSecret: () => Promise<string>,
): Promise<Checked> {
  const settings = config.providers.get(provider.name);
  if (settings === undefined) throw new Error(`${provider.name} is not configured`);
  const clock = systemClock;
  const connection = createConnection({
    ...{ provider, config: settings, secretName, clock },
    secrets: readOnce(readSecret),
    exchange: createExchange(createHttp(2, clock), clock),
    metrics: createMetrics('', clock, () => {}),
  });
  const wait = { deadline: clock.monotonic() + TIME_MS, durations: noDurations() };
  try {
    const path = provider.listByEmail(NOBODY, await connection.credentials(wait)).at(-1) ?? '';
    await connection.call({
      ...wait,
      method: 'GET',
      path,
      read: provider.readPage,
    });
    return { result: 'works' };
  } catch (error) {
    if (isForbidden(error)) throw error;
    const failure = asFailure(error);
    if (failure.code === 'unexpected') throw failure.cause ?? failure;
    return { result: WRONG.has(failure.code) ? 'wrong' : 'unclear', failure };
  }
}

/** The given text, and no other: there is nothing fresher to be had. */
function readOnce(readSecret: () => Promise<string>): Secrets {
  return (_, understand) => {
    const content = readSecret().then(understand);
    return { get: () => content, refresh: () => content };
  };
}
