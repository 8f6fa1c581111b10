import type { Exchange } from '../calls/exchange.ts';
import type { Clock } from '../clock.ts';
import type { ProviderConfig } from '../config.ts';
import type { Provider } from '../providers/provider.ts';
import { asFailure } from '../records/failure.ts';
import type { Durations } from '../telemetry/durations.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Account, openAccount, type Pass } from './account.ts';
import type { Secret, Secrets } from './secrets.ts';
import { createTokenSource } from './token.ts';

/** One provider account with its credentials. */
export interface Connection {
  /**
   * Makes one authenticated call and reads its answer. Where the credentials are refused, fresh ones are tried once.
   * Fails with a `Failure` for all but a success that can be understood.
   */
  call<Answer>(call: ConnectionCall<Answer>): Promise<Answer>;
}

export interface ConnectionCall<Answer> {
  readonly method: 'GET' | 'POST';
  /** Percent-encoded, below the provider's path of users. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Undefined where the answer cannot be understood. */
  readonly read: (body: unknown) => Answer | undefined;
  /** The call ends by then, in the milliseconds of `clock.monotonic()`. */
  readonly deadline: number;
  /** What the call takes is added to it. */
  readonly durations: Durations;
  /** The call is not made where less time is left, in milliseconds; a moment by default. */
  readonly leastMs?: number | undefined;
  /** May fail, at the last moment before the call is made, to keep it from being made. */
  readonly beforeSending?: () => void;
}

export interface ConnectionOptions {
  readonly provider: Provider;
  readonly config: ProviderConfig;
  readonly secretName: string;
  readonly secrets: Secrets;
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { provider, config, secretName, secrets, exchange, clock, metrics } = options;
  const { baseUrl, tokenUrl } = config;
  let known: Account | undefined;

  function accountOf(secret: Secret): Account {
    if (known?.secret === secret) return known;
    known = openAccount(provider, secret, (client) => {
      if (tokenUrl === undefined) throw new Error(`The provider ${provider.name} has no setting tokenUrl`);
      return createTokenSource({ exchange, clock, client, url: tokenUrl });
    });
    return known;
  }

  function send<Answer>(call: ConnectionCall<Answer>, account: Account, pass: Pass) {
    const { method, path, body, read, deadline, leastMs, durations, beforeSending } = call;
    beforeSending?.();
    return exchange({
      whom: provider.name,
      http: {
        method,
        url: baseUrl + provider.usersPath(account.credentials) + path,
        headers: { accept: 'application/json', ...(body !== undefined && JSON_BODY), ...pass.headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      },
      timeoutHeader: provider.timeoutHeader,
      read,
      readError: provider.readError,
      secrets: pass.secrets,
      deadline,
      leastMs,
      onEnd(ms) {
        durations.providerMs += ms;
        durations.providerCalls += 1;
        metrics.add('ProviderLatency', ms, { provider: provider.name });
      },
    });
  }

  return {
    async call(call) {
      const { deadline, durations } = call;
      const counted = <T>(credentials: Promise<T>) => countCredentials(credentials, durations);
      const account = accountOf(await counted(secrets.get(secretName)));
      let pass: Pass | undefined;
      try {
        pass = await counted(account.authenticate(deadline));
        return await send(call, account, pass);
      } catch (error) {
        const { code, told } = asFailure(error);
        // A 403 of a look-up only means that it shows nothing; of a token endpoint it comes without a pass.
        const showsNothing = call.method === 'GET' && told.httpStatus === 403 && pass !== undefined;
        if (code !== 'provider_unauthorized' || showsNothing) throw error;
        const fresh = accountOf(await counted(secrets.refresh(secretName, account.secret)));
        const nothingNew = fresh === account && pass?.token === undefined;
        if (nothingNew) throw error;
        return send(call, fresh, await counted(fresh.authenticate(deadline, pass)));
      }
    },
  };

  async function countCredentials<T>(credentials: Promise<T>, durations: Durations): Promise<T> {
    const startedAt = clock.monotonic();
    try {
      return await credentials;
    } finally {
      durations.credentialsMs += clock.monotonic() - startedAt;
    }
  }
}

const JSON_BODY = { 'content-type': 'application/json' };
