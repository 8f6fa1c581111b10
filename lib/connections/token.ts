import * as z from 'zod/mini';
import type { Exchange } from '../calls/exchange.ts';
import type { Clock } from '../clock.ts';
import { isObject } from '../json.ts';
import { keySchema, lenient, type ProviderError } from '../providers/provider.ts';
import { asFailure } from '../records/failure.ts';

/** Bearer tokens of one set of client credentials. */
export interface TokenSource {
  /** A token that is good for two more minutes, and not the refused one; fails like a call to the provider. */
  get(deadline: number, refused?: string): Promise<string>;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface TokenSourceOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly url: string;
  readonly client: ClientCredentials;
}

/** Seconds; some servers send them as text. */
const lifetime = z.union([z.number(), z.pipe(z.string().check(z.regex(/^\d+$/)), z.transform(Number))]);

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.1; a lifetime that is not told counts as five minutes. */
const tokenAnswer = z.object({ access_token: keySchema, expires_in: z.catch(lifetime, 300) });

const EARLY_MS = 2 * 60_000;

/** Keeps a token until two minutes before it expires; asks for one at a time. */
export function createTokenSource({ exchange, clock, url, client }: TokenSourceOptions): TokenSource {
  let current: { readonly token: string; readonly staleAt: number } | undefined;
  let renewing: Promise<string> | undefined;

  async function renew(deadline: number): Promise<string> {
    const askedAt = clock.now();
    const answer = await exchange({
      whom: 'The token endpoint',
      http: { method: 'POST', url, headers: FORM, body: form(client) },
      read: (body) => tokenAnswer.safeParse(body).data,
      readError,
      secrets: [client.clientSecret],
      deadline,
    }).catch(asCredentialFailure);
    current = { token: answer.access_token, staleAt: askedAt + answer.expires_in * 1000 - EARLY_MS };
    return answer.access_token;
  }

  return {
    async get(deadline, refused) {
      if (current && current.token !== refused && clock.now() < current.staleAt) return current.token;
      renewing ??= renew(deadline).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
  };
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };

function form({ clientId, clientSecret }: ClientCredentials): string {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  }).toString();
}

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function readError(body: unknown): ProviderError {
  if (!isObject(body)) return {};
  return { message: lenient.text.parse(body.error_description), code: lenient.token.parse(body.error) };
}

/** A token that is not given leaves no doubt about the user; its refusal is for the operator to mend, for all requests. */
function asCredentialFailure(error: unknown): never {
  const failure = asFailure(error).asking({ doubtful: false, ownRefusal: false });
  const { httpStatus = 0 } = failure.told;
  const isRefusal = httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408 && httpStatus !== 429;
  const code = isRefusal
    ? 'provider_unauthorized'
    : httpStatus === 501
      ? 'provider_unavailable'
      : failure.code;
  throw failure.as(code);
}
