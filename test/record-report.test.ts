import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { JsonObject } from '../lib/json.ts';
import own from '../package.json' with { type: 'json' };
import { requestEvent } from './local-usher.ts';
import { openStoryWorld, type StoryWorld } from './story-world.ts';

const user = { email: 'ada@example.com' };
const request = requestEvent('r-1', { provider: 'vectara', user });
const of = { version: own.version, invocationId: 'invocation' };
const milliseconds = expect.toSatisfy((ms: number) => ms >= 0 && ms < 60_000);

describe('A record', () => {
  let world: StoryWorld;
  beforeEach(async () => {
    world = await openStoryWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const lines = (): JsonObject[] => world.logs.map((line) => z.looseObject({}).parse(JSON.parse(line)));
  const logged = () => lines().filter((line) => 'messageId' in line);
  const measured = (metric: string) => lines().filter((line) => metric in line);

  it('that is completed is told in one line, with the time that each step took', async () => {
    await world.deliver([request]);
    expect(logged()).toEqual([
      {
        timestamp: expect.any(String),
        level: 'INFO',
        message: 'request completed',
        requestId: 'r-1',
        source: 'https://signup.example',
        provider: 'vectara',
        connection: 'default',
        messageId: expect.any(String),
        receives: 1,
        placeMs: milliseconds,
        credentialsMs: milliseconds,
        providerMs: milliseconds,
        providerCalls: 1,
        outcomeMs: milliseconds,
        ...of,
      },
    ]);
  });

  it('that goes back is told with its failure, the provider’s own id of the call, and its delay', async () => {
    const reply = { status: 429, headers: { 'x-request-id': 'req-7' }, body: '{}' };
    world.vectara.inject('create', { applied: false, reply }, 3);
    const [told] = await world.deliver([request], { receives: 2 });
    expect(logged()).toEqual([
      expect.objectContaining({ message: 'request taken', receives: 2 }),
      expect.objectContaining({
        level: 'WARN',
        message: 'request handed back',
        receives: 2,
        delaySeconds: told?.delaySeconds,
        code: 'provider_throttled',
        httpStatus: 429,
        providerRequestId: 'req-7',
      }),
    ]);
    expect(measured('Retries')).toMatchObject([
      { source: 'urn:usher:local', provider: 'vectara', Retries: [1] },
    ]);
    expect(measured('Failures')).toMatchObject([{ code: 'provider_throttled', Failures: [1] }]);
    expect(measured('Requests')).toMatchObject([
      { outcome: 'completed', provider: 'vectara', Requests: [0] },
    ]);
  });

  it('is measured by its outcome and provider, from the moment when SQS got it', async () => {
    await world.deliver([request, requestEvent('r-2', { provider: 'fireworks', user }), 'hello']);
    expect(measured('Requests')).toMatchObject(
      expect.arrayContaining(
        [
          { outcome: 'completed', provider: 'vectara', Requests: [1], TimeToOutcome: [milliseconds] },
          { outcome: 'completed', provider: 'fireworks', Requests: [1], TimeToOutcome: [milliseconds] },
          { outcome: 'dead-lettered', provider: 'none', Requests: [1], TimeToOutcome: [milliseconds] },
        ].map((line) => expect.objectContaining(line)),
      ),
    );
    expect(measured('ProviderLatency')).toHaveLength(2);
    expect(measured('SecretReads')).toMatchObject([{ SecretReads: [2] }]);
    expect(measured('Failures')).toMatchObject([{ code: 'invalid_event', Failures: [1] }]);
  });

  it('that is met again is told before anything is done with it, so that one that ends the process can be found', async () => {
    await world.deliver([request], { receives: 3 });
    const [taken, completed] = logged();
    expect(taken).toEqual({
      timestamp: expect.any(String),
      level: 'INFO',
      message: 'request taken',
      messageId: completed?.messageId,
      receives: 3,
      ...of,
    });
    expect(completed).toMatchObject({ message: 'request completed' });
  });

  it('that meets a pause is told and measured by what paused the connection', async () => {
    world.secretsManager.set('usher/vectara/default', '{"clientId":"x","clientSecret":"wrong"}');
    await world.deliver([request]);
    await world.deliver([request, request]);
    expect(logged().map(({ code, paused }) => ({ code, paused }))).toEqual([
      { code: 'provider_unauthorized' },
      { code: 'provider_unauthorized', paused: true },
      { code: 'provider_unauthorized', paused: true },
    ]);
    expect(lines().filter(({ message }) => message === 'connection paused')).toEqual([
      {
        timestamp: expect.any(String),
        level: 'WARN',
        message: 'connection paused',
        provider: 'vectara',
        connection: 'default',
        code: 'provider_unauthorized',
        secret: 'usher/vectara/default',
        probeInMs: 60_000,
        ...of,
      },
    ]);
    expect(measured('Failures')).toMatchObject([
      { code: 'provider_unauthorized', Failures: [1] },
      { code: 'provider_unauthorized', Failures: [2] },
    ]);
    expect(measured('PausedConnections')).toMatchObject([
      { provider: 'vectara', PausedConnections: [1] },
      { provider: 'vectara', PausedConnections: [1] },
    ]);
  });

  it('whose secret cannot be used is told with the name of the secret', async () => {
    await world.deliver([requestEvent('r-3', { provider: 'vectara', connection: 'eu', user })]);
    expect(logged()).toMatchObject([{ code: 'secret_unavailable', secret: 'usher/vectara/eu' }]);
  });

  it('that ends while its connection is paused is told with the secret that is why', async () => {
    const ofEu = (id: string) => requestEvent(id, { provider: 'vectara', connection: 'eu', user });
    for (const id of ['r-4', 'r-5', 'r-6', 'r-7', 'r-8']) await world.deliver([ofEu(id)]);
    await world.deliver([ofEu('r-4')], { receives: 3 });
    expect(logged().at(-1)).toMatchObject({
      message: 'request dead-lettered',
      code: 'secret_unavailable',
      paused: true,
      secret: 'usher/vectara/eu',
    });
  });

  it('whose delay SQS refuses goes back all the same, and the log says so', async () => {
    world.vectara.inject('create', { applied: false, reply: { status: 402, body: '{}' } });
    const refuse = (target: string) =>
      target.endsWith('.ChangeMessageVisibilityBatch')
        ? ({ kind: 'fail-entries', ids: ['0'] } as const)
        : undefined;
    const [told] = await world.deliver([request], { awsFault: refuse });
    expect(told).toMatchObject({ handedBack: true });
    expect(logged()).toMatchObject([
      { level: 'WARN', message: 'delay refused', error: 'InternalError', messageId: expect.any(String) },
      { level: 'WARN', message: 'request handed back', code: 'provider_capacity' },
    ]);
  });

  it('hands its trace on to its outcome', async () => {
    const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793';
    const sent: JsonObject[] = [];
    const note = (target: string, body: JsonObject) => {
      if (target.endsWith('.SendMessageBatch')) sent.push(body);
      return undefined;
    };
    await world.deliver([request, 'hello'], { traceHeader, awsFault: note });
    await world.deliver([request], { awsFault: note });
    const entries = z.array(z.looseObject({ Entries: z.array(z.looseObject({})) })).parse(sent);
    const header = { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } };
    expect(entries.flatMap(({ Entries }) => Entries.map((entry) => entry.MessageSystemAttributes))).toEqual([
      header,
      header,
      undefined,
    ]);
  });
});
