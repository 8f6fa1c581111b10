import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { requestEvent, startLocalUsher } from './local-usher.ts';

const run = promisify(execFile);

/** A container is started first, and the machine may be busy. */
const PATIENCE = { timeout: 10_000 };

/** The handlers as they run in Lambda: the built bundle in the real runtime client, with real SQS and HTTP around. */
describe('The artefact', () => {
  it('makes users of requests at both providers and answers each', async () => {
    await using usher = await startLocalUsher({}, { pendingPolls: 1 });
    await usher.send(
      JSON.stringify(
        requestEvent('1', {
          provider: 'fireworks',
          user: { email: 'ada@example.com', displayName: 'Ada 🎉' },
        }),
      ),
    );
    await usher.send(
      JSON.stringify(requestEvent('2', { provider: 'vectara', user: { email: 'ada@example.com' } })),
    );
    const outcomes = await usher.outcomes(2);

    const told = outcomes.map(({ queue, body, attributes }) => ({
      queue,
      attributes,
      data: JSON.parse(body).data,
    }));
    expect(told).toHaveLength(2);
    expect(told).toContainEqual({
      queue: 'completions',
      attributes: { type: 'user.completed.v1', provider: 'fireworks' },
      data: expect.objectContaining({ result: 'created', user: expect.objectContaining({ state: 'READY' }) }),
    });
    expect(told).toContainEqual({
      queue: 'completions',
      attributes: { type: 'user.completed.v1', provider: 'vectara' },
      data: expect.objectContaining({ result: 'created' }),
    });
    expect(usher.fireworks.users()).toEqual([expect.objectContaining({ displayName: 'Ada 🎉' })]);
  });

  it('dead-letters what is no event, with the attributes that route it', async () => {
    await using usher = await startLocalUsher();
    await usher.send('hello');
    const [outcome] = await usher.outcomes(1);
    expect(outcome).toMatchObject({
      queue: 'deadLetters',
      attributes: { type: 'user.dead_lettered.v1', code: 'invalid_event' },
    });
    expect(JSON.parse(outcome?.body ?? '').data).toMatchObject({ body: 'hello', remote: 'absent' });
  });

  it('comes back to a throttled request after its delay', async () => {
    await using usher = await startLocalUsher();
    const throttled = { status: 429, headers: { 'retry-after': '30' }, body: '{"message":"slow down"}' };
    usher.fireworks.inject('create', { applied: false, reply: throttled });
    await usher.send(
      JSON.stringify(requestEvent('1', { provider: 'fireworks', user: { email: 'ada@example.com' } })),
    );
    const [outcome] = await usher.outcomes(1);
    expect(JSON.parse(outcome?.body ?? '').data).toMatchObject({ result: 'created', attempts: 2 });
  });

  it('makes one user and one answer of a request whose container is killed after the create', async () => {
    await using usher = await startLocalUsher({ visibilitySeconds: 2 });
    usher.fireworks.inject('create', { applied: true, reply: 'hang' });
    await usher.send(
      JSON.stringify(requestEvent('1', { provider: 'fireworks', user: { email: 'ada@example.com' } })),
    );
    await vi.waitUntil(() => usher.fireworks.users().length === 1, PATIENCE);
    usher.stack.functions.userRequested.kill();
    const [outcome] = await usher.outcomes(1);
    expect(JSON.parse(outcome?.body ?? '').data).toMatchObject({ result: 'existing', attempts: 2 });
    expect(usher.fireworks.users()).toHaveLength(1);
  });

  it('answers for requests that SQS gave up on', async () => {
    await using usher = await startLocalUsher();
    const event = requestEvent(
      '1',
      { provider: 'vectara', user: { email: 'ada@example.com' } },
      { subject: 'u-1' },
    );
    await usher.send(JSON.stringify(event), usher.stack.queues.requestsExhausted.url);
    const [outcome] = await usher.outcomes(1);
    expect(JSON.parse(outcome?.body ?? '')).toMatchObject({
      subject: 'u-1',
      data: {
        request: event,
        failure: { code: 'delivery_exhausted', exhausted: true },
        remote: 'unknown',
        origin: { queueArn: usher.stack.queues.requestsExhausted.arn },
      },
    });
    expect(outcome?.attributes).toEqual({
      type: 'user.dead_lettered.v1',
      provider: 'vectara',
      code: 'delivery_exhausted',
    });
  });

  it('tells no key, secret, token or one-time code in any log line or outcome', async () => {
    await using usher = await startLocalUsher({ concurrency: 1, environment: { LOG_LEVEL: 'DEBUG' } });
    const { fireworks, vectara } = usher;
    const request = (id: string, provider: string, connection = 'default') =>
      usher.send(
        JSON.stringify(requestEvent(id, { provider, connection, user: { email: `${id}@example.com` } })),
      );
    await request('1', 'fireworks');
    await request('2', 'vectara');
    const first = await usher.outcomes(2);

    // A provider that quotes back what it was sent.
    const echo = (secrets: readonly unknown[]) => {
      const text = `refused: ${secrets.join(' ')}`;
      const body = {
        code: 3,
        message: text,
        messages: [text],
        field_errors: { email: text },
        request_id: text,
      };
      return { applied: false, reply: { status: 400, body: JSON.stringify(body) } } as const;
    };
    const token = vectara.calls.at(-1)?.headers.authorization?.replace('Bearer ', '');
    expect(vectara.confidential()).toContain(token);
    fireworks.inject('create', echo([JSON.parse(fireworks.secret).apiKey]));
    vectara.inject('create', echo([JSON.parse(vectara.secret).clientSecret, token]));
    await request('3', 'fireworks');
    await request('4', 'vectara');
    const second = await usher.outcomes(2);
    // Nor is a secret told that cannot be read, or the key of another way to authenticate.
    usher.stack.secretsManager.set('usher/fireworks/broken', '{"apiKey":"canary-broken"');
    usher.stack.secretsManager.set('usher/vectara/by-key', JSON.stringify({ apiKey: 'canary-key' }));
    vectara.inject('create', echo(['canary-key']));
    await request('5', 'fireworks', 'broken');
    await request('6', 'vectara', 'by-key');
    const outcomes = [...first, ...second, ...(await usher.outcomes(1))];
    await vi.waitUntil(() => usher.logs.some((line) => line.includes('secret_invalid')), PATIENCE);

    expect(outcomes.map(({ attributes }) => attributes.code).filter(Boolean)).toEqual([
      'provider_rejected',
      'provider_rejected',
      'provider_rejected',
    ]);
    const output = [...usher.logs, ...outcomes.map((outcome) => JSON.stringify(outcome))].join('\n');
    const confidential = [...usher.fireworks.confidential(), ...usher.vectara.confidential(), 'canary-'];
    expect(confidential.length).toBeGreaterThan(5);
    expect(confidential.filter((secret) => output.includes(secret))).toEqual([]);
  });

  it.each(['user-requested', 'request-exhausted'])(
    '%s rejects its import with one message that names every wrong variable',
    async (name) => {
      const environment = { DEAD_LETTER_QUEUE_URL: 'nonsense', LOG_LEVEL: 'LOUD', MAX_RECEIVES: '0' };
      const importing = run(process.execPath, ['--eval', `await import('./dist/${name}/index.mjs')`], {
        env: environment,
      });
      const { stderr } = await importing.catch((error) => error);
      expect(stderr).toMatch(/DEAD_LETTER_QUEUE_URL must be .*LOG_LEVEL must be/);
      if (name === 'user-requested')
        expect(stderr).toMatch(/REQUEST_QUEUE_URL is required.*MAX_RECEIVES must be/);
    },
  );
});
