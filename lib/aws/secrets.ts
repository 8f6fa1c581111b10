import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Clock, hasPassed } from '../clock.ts';
import { invalidSecret, type Secrets } from '../connections/secrets.ts';
import { asFailure, Failure } from '../records/failure.ts';
import { causeOf, type Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { within } from './within.ts';

export interface SecretsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** What the last reading left behind. */
type Kept<Content> = { readonly since: number; readonly ttlMs: number } & (
  | { readonly text: string; readonly content: Content; readonly failure?: undefined }
  | { readonly failure: Failure }
);

const TTL_MS = 5 * 60_000;
const FAILURE_TTL_MS = 10_000;
const REREAD_EVERY_MS = 60_000;
const READ_TIMEOUT_MS = 3_000;

/**
 * Errors, by name, that say that the secret is not for use any more, with what to do about each. All others say
 * nothing of the secret: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
 */
const WITHDRAWN = new Map([
  ['ResourceNotFoundException', 'there is none of that name, or it has no value yet; create it'],
  ['AccessDeniedException', 'the function may not read it, or may not use its KMS key; allow both'],
  ['InvalidRequestException', 'it is marked for deletion; restore it'],
  ['DecryptionFailure', 'its KMS key cannot be used; enable the key, or choose another one'],
]);

/**
 * Reads each secret once for many users, with one call in flight, and keeps it for five minutes give or take ten per
 * cent by the wall clock. One that is withdrawn or invalid is no longer used, and is read again after ten seconds;
 * while Secrets Manager fails otherwise, the old value goes on.
 */
export function createSecrets(
  client: SecretsManagerClient,
  { clock, log, metrics }: SecretsOptions,
): Secrets {
  return (name, understand) => {
    type Content = ReturnType<typeof understand>;
    let kept: Kept<Content> | undefined;
    let reading: Promise<Content> | undefined;
    let refreshedAt = Number.NEGATIVE_INFINITY;
    const inUse = () => (kept?.failure ? undefined : kept);

    function readOnce(): Promise<Content> {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    }

    async function read(): Promise<Content> {
      metrics.add('SecretReads', 1);
      try {
        return found(await fetchSecret(client, name));
      } catch (error) {
        return failed(asFailure(error));
      }
    }

    function found(text: string): Content {
      const old = inUse();
      if (text === old?.text) return keep(text, old.content);
      const content = understand(text);
      if (kept) log('INFO', 'secret refreshed', { secret: name });
      return keep(text, content);
    }

    function failed(failure: Failure): Content {
      const old = inUse();
      if (old && !endsUse(failure)) {
        log('WARN', 'secret not refreshed', { secret: name, cause: causeOf(failure.cause) });
        return keep(old.text, old.content);
      }
      log('WARN', 'secret cannot be used', { secret: name, problem: failure.message });
      kept = { failure, since: clock.now(), ttlMs: FAILURE_TTL_MS };
      throw failure;
    }

    /** Not all containers shall ask in the same second. */
    function keep(text: string, content: Content): Content {
      kept = { text, content, since: clock.now(), ttlMs: TTL_MS * (0.9 + 0.2 * clock.random()) };
      return content;
    }

    function get(): Content | Promise<Content> {
      if (kept === undefined || hasPassed(kept.ttlMs, kept.since, clock)) return readOnce();
      return kept.failure ? Promise.reject(kept.failure) : kept.content;
    }

    return {
      get,
      async refresh(refused) {
        if (reading !== undefined) return reading;
        const isLatest = inUse()?.content === refused;
        if (!isLatest || !hasPassed(REREAD_EVERY_MS, refreshedAt, clock)) return get();
        refreshedAt = clock.now();
        return readOnce();
      },
    };
  };
}

async function fetchSecret(client: SecretsManagerClient, name: string): Promise<string> {
  const command = new GetSecretValueCommand({ SecretId: name });
  const { SecretString, SecretBinary } = await within(READ_TIMEOUT_MS, (abortSignal) =>
    client.send(command, { abortSignal }),
  ).catch((error: unknown) => {
    throw unavailable(name, error);
  });
  if (SecretString !== undefined) return SecretString;
  if (SecretBinary) throw invalidSecret(name, 'is binary; put it again as text (SecretString)');
  throw invalidSecret(name, "has no value yet; put the provider's credentials into it");
}

/** What is told of a secret that could not be read, with what to do about it where the error says so. */
export function unavailable(name: string, error: unknown): Failure {
  const kind = causeOf(error) ?? 'unknown error';
  const remedy = WITHDRAWN.get(kind);
  const message = `The secret ${name} could not be read: ${kind}${remedy ? ` (${remedy})` : ''}.`;
  return new Failure('secret_unavailable', message, { told: { secret: name }, cause: error });
}

/** Whether the error says that the secret is not for use any more. */
export function isWithdrawn(error: unknown): boolean {
  return WITHDRAWN.has(causeOf(error) ?? '');
}

function endsUse({ code, cause }: Failure): boolean {
  return code !== 'secret_unavailable' || isWithdrawn(cause);
}
