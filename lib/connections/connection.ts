import type { Exchange } from '../calls/exchange.ts';
import type { Clock } from '../clock.ts';
import type { ProviderConfig } from '../config.ts';
import type { ClientCredentials, Provider, ProviderAnswer } from '../providers/provider.ts';
import { orOutOfTime } from '../records/deadline.ts';
import { asFailure, type Failure } from '../records/failure.ts';
import type { Durations } from '../telemetry/durations.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Account, openAccount, type Pass } from './account.ts';
import type { Secrets } from './secrets.ts';
import { createTokenSource } from './token.ts';

/** One provider account with its credentials. */
export interface Connection {
  /**
   * Makes one authenticated call and reads its answer. Where the credentials are refused, fresh ones are tried once.
   * Fails with a `Failure` for all but a success that can be understood.
   */
  call<Answer>(call: ConnectionCall<Answer>): Promise<Answer>;
  /** Those of its secret; fails like a call. */
  credentials(wait: Wait): Promise<unknown>;
}

/** How long one waits, and what the waiting is added to. */
type Wait = Pick<ConnectionCall<unknown>, 'deadline' | 'durations'>;

export interface ConnectionCall<Answer> {
  readonly method: 'GET' | 'POST';
  /** Percent-encoded; it continues the URL of the account's users. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Undefined where the answer cannot be understood. */
  readonly read: (answer: ProviderAnswer) => Answer | undefined;
  /** The call ends by then, in the milliseconds of `clock.monotonic()`. */
  readonly deadline: number;
  /** The call is not made where less time is left, in milliseconds; a moment by default. */
  readonly leastMs?: number | undefined;
  /** What the call takes is added to it. */
  readonly durations: Durations;
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

/** What came of a call: its answer, or that the credentials were refused, with the pass if there was one. */
type Tried<Answer> =
  | { readonly answer: Answer; readonly refusal?: undefined }
  | { readonly refusal: Failure; readonly pass: Pass | undefined };

export function createConnection(options: ConnectionOptions): Connection {
  const { provider, config, secretName, secrets, exchange, clock, metrics } = options;
  const tokensOf = (client: ClientCredentials) => createTokenSource({ exchange, clock, client });
  const accounts = secrets(secretName, (text) =>
    openAccount(provider, secretName, text, { addresses: config, tokensOf }),
  );

  async function attempt<Answer>(
    call: ConnectionCall<Answer>,
    account: Account,
    refused?: Pass,
  ): Promise<Tried<Answer>> {
    let pass: Pass | undefined;
    try {
      pass = await timed(account.authenticate(refused), call);
      return { answer: await send(call, account, pass) };
    } catch (error) {
      const refusal = asFailure(error);
      const { code, told, asks } = refusal;
      // A 403 to a look-up only means that it shows nothing: fresh credentials would show no more.
      const isUnclear = call.method === 'GET' && asks.ownRefusal && told.httpStatus === 403;
      if (code !== 'provider_unauthorized' || isUnclear) throw error;
      return { refusal: refusal.telling({ secret: secretName }), pass };
    }
  }

  function send<Answer>(call: ConnectionCall<Answer>, account: Account, pass: Pass) {
    const { method, path, body, read, deadline, leastMs, durations, beforeSending } = call;
    const { usersUrl, mediaType = JSON_TYPE } = account;
    const accept = mediaType !== JSON_TYPE && { accept: `${mediaType}, ${JSON_TYPE}` };
    const type = body !== undefined && { 'content-type': mediaType };
    beforeSending?.();
    return exchange({
      whom: provider.name,
      http: {
        method,
        url: usersUrl + path,
        headers: { ...pass.headers, ...accept, ...type },
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

  /** Waits for credentials that are not there yet, as others may have asked for them, no longer than the call has time. */
  async function timed<T>(credentials: T | Promise<T>, { deadline, durations }: Wait): Promise<T> {
    if (!(credentials instanceof Promise)) return credentials;
    const startedAt = clock.monotonic();
    try {
      return await orOutOfTime(credentials, deadline, clock);
    } finally {
      durations.credentialsMs += clock.monotonic() - startedAt;
    }
  }

  return {
    async credentials(wait) {
      return (await timed(accounts.get(), wait)).credentials;
    },
    async call(call) {
      const account = await timed(accounts.get(), call);
      const first = await attempt(call, account);
      if (!first.refusal) return first.answer;
      const fresh = await timed(accounts.refresh(account), call);
      const isNothingNew = fresh === account && first.pass?.token === undefined;
      if (isNothingNew) throw first.refusal;
      const second = await attempt(call, fresh, first.pass);
      if (second.refusal) throw second.refusal;
      return second.answer;
    },
  };
}

const JSON_TYPE = 'application/json';
