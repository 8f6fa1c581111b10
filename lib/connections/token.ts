import * as z from 'zod/mini';
import type { Exchange } from '../calls/exchange.ts';
import { type Clock, hasPassed } from '../clock.ts';
import { isObject } from '../json.ts';
import {
  type ClientCredentials,
  keySchema,
  lenient,
  type ProviderAnswer,
  type ProviderError,
} from '../providers/provider.ts';
import { asFailure, Failure, type FailureCode } from '../records/failure.ts';

/** Bearer tokens of one set of client credentials. */
export interface TokenSource {
  /**
   * A token that is good for two more minutes, or for a tenth of its life where that is less, and not the refused one.
   * Fails like a call to the provider, with `provider_unauthorized` where the credentials are refused.
   */
  get(refused?: string): Promise<string>;
}

export interface TokenSourceOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly client: ClientCredentials;
}

/** Seconds; some servers send them as text. */
const seconds = z.number().check(z.positive());
const secondsAsText = z.pipe(z.string().check(z.regex(/^\d+$/)), z.pipe(z.transform(Number), seconds));

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.1; a lifetime that is not told, or none, counts as five minutes. */
const tokenAnswer = z.object({
  access_token: keySchema,
  expires_in: z.catch(z.union([seconds, secondsAsText]), 300),
});

const RENEWAL_MS = 10_000;
const MOST_EARLY_MS = 2 * 60_000;
const EARLY_SHARE = 0.1;

/** Keeps a token until shortly before it expires by the wall clock; asks for one at a time. */
export function createTokenSource({ exchange, clock, client }: TokenSourceOptions): TokenSource {
  let current: { readonly token: string; readonly askedAt: number; readonly usableMs: number } | undefined;
  let renewing: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const askedAt = clock.now();
    const answer = await exchange({
      whom: 'The token endpoint',
      http: { method: 'POST', url: client.tokenUrl, headers: FORM, body: form(client) },
      read: ({ body }) => tokenAnswer.safeParse(body).data,
      readError,
      secrets: [client.clientSecret],
      // Others may be waiting for it, and longer than whoever has asked first.
      deadline: clock.monotonic() + RENEWAL_MS,
    }).catch(asCredentialFailure);
    const lifetimeMs = answer.expires_in * 1000;
    const usableMs = lifetimeMs - Math.min(MOST_EARLY_MS, EARLY_SHARE * lifetimeMs);
    current = { token: answer.access_token, askedAt, usableMs };
    return current.token;
  }

  return {
    async get(refused) {
      if (current && current.token !== refused && !hasPassed(current.usableMs, current.askedAt, clock)) {
        return current.token;
      }
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
  };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function form({ clientId, clientSecret, scope }: ClientCredentials): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    ...(scope !== undefined && { scope }),
  }).toString();
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function readError({ body }: ProviderAnswer): ProviderError {
  if (!isObject(body)) return {};
  return { message: lenient.text.parse(body.error_description), code: lenient.token.parse(body.error) };
}

/**
 * Whether credentials were refused is for the operator to mend, and no request's own fault. A token that is not given
 * leaves no doubt about the user: of what the failure asks for, only the waiting remains.
 */
function asCredentialFailure(error: unknown): never {
  const { code, message, told, asks, cause } = asFailure(error);
  const { retryAfterMs, quickTryMs } = asks;
  throw new Failure(credentialCode(code, told.httpStatus), message, {
    told,
    asks: { retryAfterMs, quickTryMs },
    cause,
  });
}

function credentialCode(code: FailureCode, status = 0): FailureCode {
  if (status === 501) return 'provider_unavailable';
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  return isRefusal ? 'provider_unauthorized' : code;
}
