import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createSecretsManagerClient, createSqsClient } from '../lib/aws/clients.ts';
import { createOutcomeQueue } from '../lib/aws/outcomes.ts';
import { createSecrets } from '../lib/aws/secrets.ts';
import { createDelayQueue } from '../lib/aws/visibility.ts';
import { within } from '../lib/aws/within.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { listening } from './listening.ts';

type Attempt = (request: IncomingMessage, response: ServerResponse) => void;

const silent: Attempt = () => {};
const silentAfterTheHead: Attempt = (_, response) => response.writeHead(200).write('{');
const reset: Attempt = ({ socket }) => socket.resetAndDestroy();
const closed: Attempt = ({ socket }) => socket.destroy();
const unavailable: Attempt = (_, response) => response.writeHead(503).end('{}');
const good: Attempt = (_, response) =>
  response.end(JSON.stringify({ SecretString: 'text', Successful: [{ Id: '0' }], Failed: [] }));

/** The functions' clients of a stand-in for AWS, where the first attempts of each operation go as given. */
async function openAws(first: readonly Attempt[] = [], clock: Clock = systemClock) {
  const attempts = new Map<string, number>();
  let connections = 0;
  let atOnce: Attempt | undefined;
  const server = createServer((request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const before = attempts.get(operation) ?? 0;
    attempts.set(operation, before + 1);
    (atOnce ?? first[before] ?? good)(request, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  const url = `http://127.0.0.1:${await listening(server)}`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  onTestFinished(() => void vi.unstubAllEnvs());

  const sqs = createSqsClient(clock);
  const secretsManager = createSecretsManagerClient(clock);
  onTestFinished(() => {
    sqs.destroy();
    secretsManager.destroy();
  });
  const secrets = createSecrets(secretsManager, {
    clock: systemClock,
    log: () => {},
    metrics: { add: () => {}, mark: () => {}, flush: () => {} },
  });
  const outcomes = createOutcomeQueue(sqs, `${url}/1/completions`);
  const delays = createDelayQueue(sqs, `${url}/1/requests`);
  let count = 0;
  return {
    server,
    sqs,
    attempts: () => Object.fromEntries(attempts),
    connections: () => connections,
    readSecret: () => secrets(`usher/fireworks/${count++}`, (text) => ({ text })).get(),
    async sendOutcome() {
      const sent = outcomes.add({ body: '{}', attributes: {} });
      outcomes.join();
      outcomes.leave();
      await sent;
    },
    async delay() {
      const sent = delays.add({ receiptHandle: 'handle', delaySeconds: 1 });
      delays.join();
      delays.leave();
      await sent;
    },
    /** From now on each attempt goes like this. */
    let(attempt: Attempt | undefined) {
      atOnce = attempt;
    },
  };
}

describe('A call of AWS', () => {
  test.each([
    ['is silent', [silent]],
    ['is silent in the middle of its answer', [silentAfterTheHead]],
    ['is reset', [reset, reset]],
    ['is closed', [closed]],
    ['is answered with 503', [unavailable]],
  ])('whose first attempt %s is carried out by another within its time', async (_, first) => {
    const { readSecret, sendOutcome, delay, attempts } = await openAws(first);
    const [secret] = await Promise.all([readSecret(), sendOutcome(), delay()]);
    expect(secret.text).toBe('text');
    const each = first.length + 1;
    expect(attempts()).toEqual({
      GetSecretValue: each,
      SendMessageBatch: each,
      ChangeMessageVisibilityBatch: each,
    });
  });

  test('whose first attempt is refused is carried out by another', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    onTestFinished(() => void vi.restoreAllMocks());
    const { server, readSecret, attempts } = await openAws();
    const address = server.address();
    server.close();
    const secret = readSecret();
    setTimeout(() => server.listen(address), 20);
    expect((await secret).text).toBe('text');
    expect(attempts()).toEqual({ GetSecretValue: 1 });
  });
});

test('A call of AWS that takes too long in all is told by a code', async () => {
  const { sqs } = await openAws([silent]);
  const call = within(5, (abortSignal) => sqs.send(new ListQueuesCommand(), { abortSignal }));
  await expect(call).rejects.toMatchObject({
    ...{ name: 'TimeoutError', code: 'ETIMEDOUT', message: 'no answer within 5 ms' },
  });
});

describe('The connections to AWS', () => {
  /** Five outcomes at once, each over a connection of its own; all are kept. */
  async function openUsed(clock?: Clock) {
    const aws = await openAws([], clock);
    const open: ServerResponse[] = [];
    aws.let((_, response) => open.push(response));
    const sent = Array.from({ length: 5 }, () => aws.sendOutcome());
    await vi.waitUntil(() => open.length === 5);
    for (const response of open) response.end('{"Successful":[{"Id":"0"}]}');
    await Promise.all(sent);
    aws.let(undefined);
    expect(aws.connections()).toBe(5);
    return aws;
  }

  test('are used again', async () => {
    const { sendOutcome, connections } = await openUsed();
    await sendOutcome();
    expect(connections()).toBe(5);
  });

  test.each([5_001, -60_000])('are not used again where the clock went on by %i ms since', async (ms) => {
    let jumpedMs = 0;
    const { sendOutcome, connections } = await openUsed({ ...systemClock, now: () => Date.now() + jumpedMs });
    jumpedMs = ms;
    await sendOutcome();
    await sendOutcome();
    expect(connections()).toBe(6);
  });

  test('cost one attempt where all of them are dead', async () => {
    const { sendOutcome, connections, attempts, let: letAttempts } = await openUsed();
    let fresh = connections();
    letAttempts((request, response) => {
      if (connections() === fresh) request.socket.resetAndDestroy();
      else good(request, response);
    });
    await sendOutcome();
    fresh = 0;
    await sendOutcome();
    expect(connections()).toBe(6);
    expect(attempts()).toEqual({ SendMessageBatch: 5 + 2 + 1 });
  });
});
