import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSecrets } from '../lib/aws/secrets.ts';
import { invalidSecret, type Secret, type Secrets } from '../lib/connections/secrets.ts';
import { type Aws, startAws } from '../local/aws/aws.ts';
import type { Fault } from '../local/aws/faults.ts';
import { clockOf } from './clocks.ts';

const MINUTE_MS = 60_000;
const NAME = 'usher/fireworks/default';
const IS_BAD = `The secret ${NAME} is bad.`;

interface Content {
  readonly text: string;
}

describe('Secrets', () => {
  let aws: Aws;
  let client: SecretsManagerClient;
  let fault: Fault | undefined;
  let now: number;
  let random: number;
  let secret: Secret<Content>;
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
    secret = open(NAME);
  });
  callsBefore = 0;

  /** What begins with "bad" cannot be understood. */
  function open(name: string): Secret<Content> {
    return openSecrets()(name, (text) => {
      if (text.startsWith('bad')) throw invalidSecret(name, 'is bad');
      return { text };
    });
  }

  function openSecrets(): Secrets {
    return createSecrets(client, {
      clock: clockOf({ now: () => now, random: () => random }),
      log: (level, message, fields) => void logs.push({ level, message, ...fields }),
      metrics: { add: () => {}, mark: () => {}, flush: () => {} },
    });
  }

  const outage: Fault = { kind: 'error', name: 'InternalServiceError', status: 400 };
  const refusal = (name: string): Fault => ({ kind: 'error', name, status: 400 });
  const text = async () => (await secret.get()).text;
  const unavailable = { code: 'secret_unavailable', told: { secret: NAME } };
  const invalid = { code: 'secret_invalid', told: { secret: NAME } };

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

  it.each([
    ['ResourceNotFoundException', 'there is none of that name, or it has no value yet; create it'],
    ['AccessDeniedException', 'the function may not read it, or may not use its KMS key; allow both'],
    ['InvalidRequestException', 'it is marked for deletion; restore it'],
    ['DecryptionFailure', 'its KMS key cannot be used; enable the key, or choose another one'],
  ])('that Secrets Manager refuses with %s are told by name, and what to do', async (kind, remedy) => {
    fault = refusal(kind);
    const message = `The secret ${NAME} could not be read: ${kind} (${remedy}).`;
    await expect(text()).rejects.toMatchObject({ ...unavailable, message });
  });

  it('that Secrets Manager fails to read are told by name and kind', async () => {
    fault = outage;
    const message = `The secret ${NAME} could not be read: InternalServiceError.`;
    await expect(text()).rejects.toMatchObject({ ...unavailable, message });
  });

  it('that hold no value yet are told as such', async () => {
    const Name = 'usher/fireworks/blank';
    await client.send(new CreateSecretCommand({ Name }));
    await expect(open(Name).get()).rejects.toMatchObject({
      code: 'secret_invalid',
      told: { secret: Name },
      message: `The secret ${Name} has no value yet; put the provider's credentials into it.`,
    });
  });

  it('that are binary are told as such, without their content', async () => {
    const SecretBinary = Buffer.from('canary');
    await client.send(new PutSecretValueCommand({ SecretId: NAME, SecretBinary }));
    await expect(text()).rejects.toMatchObject({
      ...invalid,
      message: `The secret ${NAME} is binary; put it again as text (SecretString).`,
    });
  });

  it.each([
    'ResourceNotFoundException',
    'AccessDeniedException',
    'InvalidRequestException',
    'DecryptionFailure',
  ])('that were withdrawn (%s) are no longer used, and read again ten seconds later', async (kind) => {
    const old = await secret.get();
    now = 6 * MINUTE_MS;
    fault = refusal(kind);
    await expect(text()).rejects.toMatchObject(unavailable);
    await expect(secret.refresh(old)).rejects.toMatchObject(unavailable);
    now += 9_999;
    fault = undefined;
    await expect(text()).rejects.toMatchObject(unavailable);
    expect(calls()).toBe(2);
    now += 1;
    expect(await text()).toBe('first');
    expect(logs).toEqual([
      {
        level: 'WARN',
        message: 'secret cannot be used',
        secret: NAME,
        problem: expect.stringContaining(kind),
      },
      { level: 'INFO', message: 'secret refreshed', secret: NAME },
    ]);
  });

  it.each([
    'ThrottlingException',
    'InvalidParameterException',
    'ExpiredTokenException',
    'InternalServiceError',
  ])('are used on after any other failure (%s)', async (kind) => {
    await text();
    now = 6 * MINUTE_MS;
    fault = refusal(kind);
    expect(await text()).toBe('first');
    expect(logs).toEqual([{ level: 'WARN', message: 'secret not refreshed', secret: NAME, cause: kind }]);
  });

  it('that were withdrawn are found out by a refusal too', async () => {
    const old = await secret.get();
    fault = refusal('InvalidRequestException');
    await expect(secret.refresh(old)).rejects.toMatchObject(unavailable);
    await expect(text()).rejects.toMatchObject(unavailable);
    expect(calls()).toBe(2);
  });

  it('that are invalid fail at once for ten seconds, and are then read again until they are mended', async () => {
    aws.secretsManager.set(NAME, 'bad');
    await expect(text()).rejects.toMatchObject(invalid);
    now = 10_000;
    await expect(text()).rejects.toMatchObject(invalid);
    expect(calls()).toBe(2);
    aws.secretsManager.set(NAME, 'second');
    now = 19_999;
    await expect(text()).rejects.toMatchObject(invalid);
    now = 20_000;
    expect(await text()).toBe('second');
    expect(calls()).toBe(3);
    const told = { level: 'WARN', message: 'secret cannot be used', secret: NAME, problem: IS_BAD };
    expect(logs).toEqual([told, told, { level: 'INFO', message: 'secret refreshed', secret: NAME }]);
  });

  it('that have become invalid are no longer used', async () => {
    await text();
    aws.secretsManager.set(NAME, 'bad');
    now = 6 * MINUTE_MS;
    await expect(text()).rejects.toMatchObject(invalid);
    expect(logs).toEqual([
      { level: 'WARN', message: 'secret cannot be used', secret: NAME, problem: IS_BAD },
    ]);
  });

  it('that are invalid are read with one call for many who ask at once', async () => {
    aws.secretsManager.set(NAME, 'bad');
    const all = await Promise.allSettled(Array.from({ length: 50 }, text));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(calls()).toBe(1);
  });

  it('that a defect keeps from being understood are not told as unavailable', async () => {
    const broken = openSecrets()(NAME, () => {
      throw new TypeError('a defect');
    });
    await expect(broken.get()).rejects.toMatchObject({ code: 'unexpected' });
  });

  it('are read again once after a refusal, for all who were refused', async () => {
    const old = await secret.get();
    aws.secretsManager.set(NAME, 'second');
    const fresh = await Promise.all(Array.from({ length: 10 }, () => secret.refresh(old)));
    expect(new Set(fresh.map((content) => content.text))).toEqual(new Set(['second']));
    expect(calls()).toBe(2);
  });

  it('are the very same object after a refusal that a reading does not explain, and not read again for a minute', async () => {
    const old = await secret.get();
    expect(await secret.refresh(old)).toBe(old);
    now = MINUTE_MS - 1;
    expect(await secret.refresh(old)).toBe(old);
    expect(calls()).toBe(2);
    now = MINUTE_MS;
    await secret.refresh(old);
    expect(calls()).toBe(3);
  });

  it('are the very same object while their text is the same', async () => {
    const first = await secret.get();
    now = 6 * MINUTE_MS;
    expect(await secret.get()).toBe(first);
    expect(calls()).toBe(2);
  });

  describe('when the wall clock goes back by hours', () => {
    const HOURS_MS = 5 * 60 * MINUTE_MS;
    beforeEach(() => {
      now = 2 * HOURS_MS;
    });

    it('are read again', async () => {
      await text();
      aws.secretsManager.set(NAME, 'second');
      now -= HOURS_MS;
      expect(await text()).toBe('second');
    });

    it('are read again although they have just failed', async () => {
      fault = outage;
      await expect(text()).rejects.toMatchObject(unavailable);
      fault = undefined;
      now -= HOURS_MS;
      expect(await text()).toBe('first');
    });

    it('may be read again after a refusal', async () => {
      const old = await secret.get();
      await secret.refresh(old);
      now -= HOURS_MS;
      aws.secretsManager.set(NAME, 'second');
      expect(await secret.refresh(old)).toMatchObject({ text: 'second' });
    });
  });

  it('are only read once more when the wall clock leaps ahead by years', async () => {
    await text();
    now = 1e12;
    await text();
    await text();
    expect(calls()).toBe(2);
  });
});
