import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../clock.ts';
import type { Secret, Secrets } from '../connections/secrets.ts';
import { createRecent } from '../recent.ts';
import { Failure } from '../records/failure.ts';
import { causeOf, type Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { within } from './within.ts';

interface Entry {
  secret?: Secret;
  staleAt: number;
  rereadableAt: number;
  reading?: Promise<Secret> | undefined;
  /** Why there is no secret; told again, without a call, until then. */
  failed?: { readonly failure: Failure; readonly until: number };
}

export interface SecretsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const TTL_MS = 5 * 60_000;
const REREAD_EVERY_MS = 60_000;
const FAILURE_TTL_MS = 10_000;
const READ_TIMEOUT_MS = 3_000;
/** Events name connections and with them secrets, so that their number has no other bound. */
const MOST_SECRETS = 1_000;

/**
 * Reads secrets once for many users: one call in flight for each, kept for five minutes give or take ten per cent,
 * and longer while Secrets Manager fails. A failure to read a secret for the first time is kept for ten seconds.
 */
export function createSecrets(client: SecretsManagerClient, options: SecretsOptions): Secrets {
  const { clock, log, metrics } = options;
  const entries = createRecent<Entry>(MOST_SECRETS);
  const entryOf = (name: string) => entries.get(name, () => ({ staleAt: 0, rereadableAt: 0 }));

  async function read(name: string, entry: Entry): Promise<Secret> {
    metrics.add('SecretReads', 1);
    const text = await fetchSecret(client, name).catch((error: unknown) => {
      if (entry.secret) {
        log('WARN', 'secret not refreshed', { secret: name, cause: causeOf(error) });
        return entry.secret.text;
      }
      const failure = unavailable(name, error);
      entry.failed = { failure, until: clock.now() + FAILURE_TTL_MS };
      throw failure;
    });
    if (entry.secret?.text !== text) {
      if (entry.secret) log('INFO', 'secret refreshed', { secret: name });
      entry.secret = { name, text };
    }
    entry.staleAt = clock.now() + TTL_MS * (0.9 + 0.2 * clock.random());
    return entry.secret;
  }

  function readOnce(name: string, entry: Entry): Promise<Secret> {
    entry.reading ??= read(name, entry).finally(() => {
      entry.reading = undefined;
    });
    return entry.reading;
  }

  return {
    async get(name) {
      const entry = entryOf(name);
      if (entry.secret && clock.now() < entry.staleAt) return entry.secret;
      if (!entry.secret && entry.failed && clock.now() < entry.failed.until) throw entry.failed.failure;
      return readOnce(name, entry);
    },
    async refresh(name, refused) {
      const entry = entryOf(name);
      if (entry.reading !== undefined) return entry.reading;
      const mayReread = clock.now() >= entry.rereadableAt;
      if (entry.secret && (entry.secret !== refused || !mayReread)) return entry.secret;
      entry.rereadableAt = clock.now() + REREAD_EVERY_MS;
      return readOnce(name, entry);
    },
  };
}

async function fetchSecret(client: SecretsManagerClient, name: string): Promise<string> {
  const command = new GetSecretValueCommand({ SecretId: name });
  const { SecretString } = await within(READ_TIMEOUT_MS, (abortSignal) =>
    client.send(command, { abortSignal }),
  );
  return SecretString ?? '';
}

function unavailable(name: string, error: unknown): Failure {
  const kind = error instanceof Error ? error.name : 'unknown error';
  const message = `The secret ${name} could not be read: ${kind}.`;
  return new Failure('secret_unavailable', message, { told: { secret: name }, cause: error });
}
