import { parseJson } from '../json.ts';
import type { Provider } from '../providers/provider.ts';
import { Failure } from '../records/failure.ts';
import { read } from '../schema.ts';
import type { Secret } from './secrets.ts';
import type { ClientCredentials, TokenSource } from './token.ts';

/** A connection's secret, understood. */
export interface Account {
  readonly secret: Secret;
  readonly credentials: unknown;
  /** What the next call is authenticated with; where a token was refused, another one. */
  authenticate(deadline: number, refused?: Pass): Promise<Pass>;
}

/** What one call is authenticated with. */
export interface Pass {
  readonly headers: Readonly<Record<string, string>>;
  /** Never to be told. */
  readonly secrets: readonly string[];
  /** Left out where the credentials themselves are sent. */
  readonly token?: string;
}

/** Reads a secret, or fails with `secret_invalid`, which tells paths and never content. */
export function openAccount(
  provider: Provider,
  secret: Secret,
  tokensOf: (client: ClientCredentials) => TokenSource,
): Account {
  const content = parseJson(secret.text);
  if (content === undefined) throw wrongShape(secret, 'it must be JSON');
  const reading = read(provider.credentials, content);
  if (!reading.ok) {
    const told = reading.issues.map(({ path, message }) => `${path || 'it'} ${message}`);
    throw wrongShape(secret, told.join('; '));
  }
  const authentication = provider.authentication(reading.value);
  const account = { secret, credentials: reading.value };
  if ('headers' in authentication) return { ...account, authenticate: async () => authentication };
  const tokens = tokensOf(authentication);
  return {
    ...account,
    authenticate: async (deadline, refused) => {
      const token = await tokens.get(deadline, refused?.token);
      return {
        headers: { authorization: `Bearer ${token}` },
        secrets: [authentication.clientSecret, token],
        token,
      };
    },
  };
}

function wrongShape({ name }: Secret, told: string): Failure {
  return new Failure('secret_invalid', `The secret ${name} has the wrong shape: ${told}.`, {
    told: { secret: name },
  });
}
