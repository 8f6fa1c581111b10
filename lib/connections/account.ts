import { isObject, parseJson } from '../json.ts';
import type { AccountAddress, Addresses, ClientCredentials, Provider } from '../providers/provider.ts';
import { read } from '../schema.ts';
import { invalidSecret } from './secrets.ts';
import type { TokenSource } from './token.ts';

/** A connection's secret, understood. */
export interface Account extends Pick<AccountAddress, 'usersUrl' | 'mediaType'> {
  readonly credentials: unknown;
  /** What the next call is authenticated with, no promise where it is known; where a token was refused, another one. */
  authenticate(refused?: Pass): Pass | Promise<Pass>;
}

/** What one call is authenticated with. */
export interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  /** Never to be told. */
  readonly secrets: readonly string[];
  /** Left out where the credentials themselves are sent. */
  readonly token?: string;
}

export interface AccountOptions {
  readonly addresses: Addresses;
  readonly tokensOf: (client: ClientCredentials) => TokenSource;
}

/** Understands the text of the secret of that name, or fails with `secret_invalid`, which tells paths and never content. */
export function openAccount(
  provider: Provider,
  secretName: string,
  text: string,
  { addresses, tokensOf }: AccountOptions,
): Account {
  const credentials = readCredentials(provider, secretName, text);
  const { authentication, ...address } = provider.account(credentials, addresses);
  if ('headers' in authentication) return { ...address, credentials, authenticate: () => authentication };
  const tokens = tokensOf(authentication);
  return {
    ...address,
    credentials,
    authenticate: async (refused) => {
      const token = await tokens.get(refused?.token);
      return {
        headers: { authorization: `Bearer ${token}` },
        secrets: [authentication.clientSecret, token],
        token,
      };
    },
  };
}

function readCredentials(provider: Provider, secretName: string, text: string): unknown {
  const invalid = (problem: string) => invalidSecret(secretName, problem);
  if (text.startsWith(BYTE_ORDER_MARK))
    throw invalid('begins with a byte order mark; save it as UTF-8 without one, and put it again');
  if (text.trim() === '') throw invalid("is empty; put the provider's credentials into it");
  const content = parseJson(text);
  if (content === undefined) throw invalid('is not JSON; put one JSON object into it');
  if (!isObject(content)) throw invalid('is JSON, but no object; put one JSON object into it');
  const reading = read(provider.schemas().credentials, content);
  if (reading.ok) return reading.value;
  const problems = reading.issues.map(({ path, message }) => `${path || 'it'} ${message}`);
  throw invalid(`has the wrong shape: ${problems.join('; ')}`);
}

const BYTE_ORDER_MARK = '\uFEFF';
