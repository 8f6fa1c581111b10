import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from '../lib/aws/secrets.ts';
import type { Secrets } from '../lib/connections/secrets.ts';
import { type Aws, startAws } from '../local/aws/aws.ts';
import type { Fault } from '../local/aws/faults.ts';
import { clockOf } from './clocks.ts';

const MINUTE_MS = 60_000;
const NAME = 'usher/fireworks/default';

describe('Secrets', () => {
  let aws: Aws;
  let client: SecretsManagerClient;
  let fault: Fault | undefined;
  let now: number;
  let random: number;
  let secrets: Secrets;
  let callsBefore: number;
  const logs: unknown[] = [];
  const calls = () => aws.secretsManager.calls('GetSecretValue') + refused - callsBefore;
  let refused = 0;

  beforeAll(async () => {
    aws = await startAws({
      onCall: () => {
        if (fault) refused += 1;
        return fault;
      },
    });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    client = new SecretsManagerClient({
      region: 'us-east-1',
      credentials,
      endpoint: aws.endpoint,
      maxAttempts: 1,
    });
  });
  afterAll(async () => {
    client.destroy();
    await aws.close();
  });
  beforeEach(() => {
    fault = undefined;
    now = 0;
    random = 0.5;
    aws.secretsManager.set(NAME, 'first');
    callsBefore += calls();
    logs.length = 0;
    secrets = createSecrets(client, {
      clock: clockOf({ now: () => now, random: () => random }),
      log: (level, message, fields) => void logs.push({ level, message, ...fields }),
      metrics: { add: () => {}, mark: () => {}, flush: () => {} },
    });
  });
  callsBefore = 0;

  const outage: Fault = { kind: 'error', name: 'InternalServiceError', status: 400 };
  const text = async () => (await secrets.get(NAME)).text;

  it('are read with one call for many who ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, text));
    expect(new Set(all)).toEqual(new Set(['first']));
    expect(calls()).toBe(1);
  });

  it.each([
    [0, 4.5],
    [0.5, 5],
    [1, 5.5],
  ])(
    'are kept for five minutes give or take ten per cent (chance %d: %d minutes)',
    async (chance, minutes) => {
      random = chance;
      await text();
      aws.secretsManager.set(NAME, 'second');
      now = minutes * MINUTE_MS - 1;
      expect(await text()).toBe('first');
      now += 1;
      expect(await text()).toBe('second');
    },
  );

  it('are kept longer while Secrets Manager fails, which is asked again only minutes later', async () => {
    await text();
    now = 6 * MINUTE_MS;
    fault = outage;
    expect(await text()).toBe('first');
    expect(await text()).toBe('first');
    expect(calls()).toBe(2);
    expect(logs).toEqual([
      { level: 'WARN', message: 'secret not refreshed', secret: NAME, cause: 'InternalServiceError' },
    ]);
  });

  it('that have changed are told by name, once', async () => {
    await text();
    now = 6 * MINUTE_MS;
    await text();
    aws.secretsManager.set(NAME, 'second');
    now = 12 * MINUTE_MS;
    await text();
    await text();
    expect(logs).toEqual([{ level: 'INFO', message: 'secret refreshed', secret: NAME }]);
  });

  it('that cannot be read fail at once for ten seconds, and are then asked for again', async () => {
    fault = outage;
    for (let tries = 0; tries < 3; tries++) {
      await expect(text()).rejects.toMatchObject({ code: 'secret_unavailable' });
    }
    expect(calls()).toBe(1);
    fault = undefined;
    now = 10_000;
    expect(await text()).toBe('first');
  });

  it('that do not exist are told by name', async () => {
    await expect(secrets.get('usher/fireworks/nowhere')).rejects.toMatchObject({
      code: 'secret_unavailable',
      message: 'The secret usher/fireworks/nowhere could not be read: ResourceNotFoundException.',
    });
  });

  it('are read again once after a refusal, for all who were refused', async () => {
    const old = await secrets.get(NAME);
    aws.secretsManager.set(NAME, 'second');
    const fresh = await Promise.all(Array.from({ length: 10 }, () => secrets.refresh(NAME, old)));
    expect(new Set(fresh.map((secret) => secret.text))).toEqual(new Set(['second']));
    expect(calls()).toBe(2);
  });

  it('are the very same object after a refusal that a reading does not explain, and not read again for a minute', async () => {
    const old = await secrets.get(NAME);
    expect(await secrets.refresh(NAME, old)).toBe(old);
    now = MINUTE_MS - 1;
    expect(await secrets.refresh(NAME, old)).toBe(old);
    expect(calls()).toBe(2);
    now = MINUTE_MS;
    await secrets.refresh(NAME, old);
    expect(calls()).toBe(3);
  });
});
