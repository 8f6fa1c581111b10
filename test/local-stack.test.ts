import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startAws } from '../local/aws/aws.ts';
import { createQueues, type Queue } from '../local/queues.ts';
import { type Stack, type StackOptions, startStack } from '../local/stack.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
let artefacts = '';

beforeAll(async () => {
  artefacts = await mkdtemp(join(tmpdir(), 'usher-stack-'));
  // Logs what it sees; the body `crash` ends its process, `slow` takes a while.
  const source = `import { setTimeout } from 'node:timers/promises';
  export const handler = async ({ Records = [] }) => {
    console.log({ bodies: Records.map(({ body }) => body), attributes: Records.map(({ attributes }) => attributes) });
    if (Records.some(({ body }) => body === 'crash') && process.env.AWS_LAMBDA_FUNCTION_NAME === 'user-requested') {
      process.exit(1);
    }
    if (Records[0]?.body === 'slow') {
      await setTimeout(300);
      console.log('finished');
    }
    return Records.length > 0 ? { batchItemFailures: [] } : process.env;
  }`;
  for (const name of ['user-requested', 'request-exhausted']) {
    await mkdir(join(artefacts, name));
    await writeFile(join(artefacts, name, 'index.mjs'), source);
  }
});
afterAll(() => rm(artefacts, { recursive: true }));

const start = (options: StackOptions = {}) => startStack({ artefacts, ...options });

describe('The local stack', () => {
  it('gives both functions the queues, the endpoint and credentials that open nothing', async () => {
    await using stack = await start({
      maxReceives: 7,
      environment: { FIREWORKS_BASE_URL: 'http://sandbox' },
    });
    const expected = {
      REQUEST_QUEUE_URL: stack.queues.requests.url,
      COMPLETION_QUEUE_URL: stack.queues.completions.url,
      DEAD_LETTER_QUEUE_URL: stack.queues.deadLetters.url,
      MAX_RECEIVES: '7',
      AWS_ENDPOINT_URL_SQS: stack.endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      FIREWORKS_BASE_URL: 'http://sandbox',
    };
    const { userRequested, requestExhausted } = stack.functions;
    expect(await userRequested.invoke({})).toMatchObject({ ok: true, payload: expected });
    expect(await requestExhausted.invoke({})).toMatchObject({ ok: true, payload: expected });
  });

  it('shows each event before a function gets it, and hides a received message for as long as it is told', async () => {
    const receives: (string | undefined)[] = [];
    await using stack = await start({
      visibilitySeconds: 1,
      onInvoke: ({ Records }) => {
        for (const { body, attributes } of Records) receives.push(body + attributes.ApproximateReceiveCount);
      },
    });
    await send(stack, 'crash');
    await vi.waitFor(() => expect(receives.slice(0, 2)).toEqual(['crash1', 'crash2']), { timeout: 14_000 });
  });

  it('holds the secrets that it is given', async () => {
    await using stack = await start({ secrets: { 'usher/fireworks/default': '{}' } });
    const client = new SecretsManagerClient({ region: 'us-east-1', credentials, endpoint: stack.endpoint });
    const { SecretString } = await client.send(
      new GetSecretValueCommand({ SecretId: 'usher/fireworks/default' }),
    );
    client.destroy();
    expect(SecretString).toBe('{}');
  });

  it('hands requests to user-requested, and what crashes it too often to request-exhausted', async () => {
    const seen: { name: string; body: string; attributes: Record<string, string> }[] = [];
    const onLog = (line: string, name: string) => {
      if (!line.startsWith('{')) return;
      const { bodies = [], attributes = [] } = JSON.parse(line).message;
      for (const [index, body] of bodies.entries()) seen.push({ name, body, attributes: attributes[index] });
    };
    // The visibility is six times the timeout, so a second; the queue gives up three receives after MAX_RECEIVES.
    await using stack = await start({ onLog, maxReceives: 1, timeoutMs: 160, batchSize: 1 });
    await send(stack, 'crash', 'good');
    const seenBy = (name: string, body: string) =>
      seen.filter((each) => each.name === name && each.body === body);
    await vi.waitFor(() => expect(seenBy('request-exhausted', 'crash')).toHaveLength(1), { timeout: 14_000 });
    expect(seenBy('user-requested', 'crash')).toHaveLength(4);
    expect(seenBy('user-requested', 'good')).not.toHaveLength(0);
    expect(seenBy('request-exhausted', 'good')).toHaveLength(0);
    expect(seenBy('request-exhausted', 'crash')[0]).toMatchObject({
      attributes: { ApproximateReceiveCount: '5', DeadLetterQueueSourceArn: stack.queues.requests.arn },
    });
  }, 15_000);

  it('gives a message up to request-exhausted and in the end to the dead letters, by receives of each queue', async () => {
    const aws = await startAws();
    const sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: aws.endpoint });
    const queues = await createQueues(sqs, { visibilitySeconds: 0, maxReceiveCount: 2 });
    await sqs.send(new SendMessageCommand({ QueueUrl: queues.requests.url, MessageBody: '😀' }));
    const countReceives = async ({ url }: Queue) => {
      let count = 0;
      while (count < 20 && (await receive(sqs, url))) count += 1;
      return count;
    };
    expect(await countReceives(queues.requests)).toBe(2);
    expect(await countReceives(queues.requestsExhausted)).toBe(10);
    expect(await receive(sqs, queues.deadLetters.url)).toMatchObject({
      Body: '😀',
      Attributes: { ApproximateReceiveCount: '13', DeadLetterQueueSourceArn: queues.requestsExhausted.arn },
    });
    sqs.destroy();
    await aws.close();
  });

  it('lets a running invocation finish when it is closed, and closes once for every call', async () => {
    const lines: string[] = [];
    const stack = await start({ onLog: (line) => lines.push(line) });
    await send(stack, 'slow');
    await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
    void stack.close();
    await stack.close();
    expect(lines.at(-1)).toContain('finished');
    await expect(fetch(stack.endpoint)).rejects.toThrow();
  });

  it('says which artefact is missing', async () => {
    await expect(start({ artefacts: tmpdir() })).rejects.toThrow(
      /user-requested.index\.mjs is missing; `npm run build`/,
    );
  });

  it('leaves nothing behind that keeps the process alive, even where it could not start', async () => {
    const script = join(artefacts, 'script.mjs');
    const stackUrl = new URL('../local/stack.ts', import.meta.url);
    await writeFile(
      script,
      `import { startStack } from '${stackUrl}';
       const artefacts = '${artefacts}';
       const stack = await startStack({ artefacts });
       await stack.functions.userRequested.invoke({});
       await stack.close();
       const onCall = (target) => target.endsWith('CreateQueue') ? { kind: 'error', name: 'Denied' } : undefined;
       await startStack({ artefacts, onCall }).catch((error) => console.log(error.name));`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [script], { timeout: 10_000 });
    expect(stdout).toBe('Denied\n');
  }, 15_000);
});

async function send(stack: Stack, ...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody) => ({ Id: MessageBody, MessageBody }));
  await stack.sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queues.requests.url, Entries }));
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message | undefined> {
  const command = new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] });
  return (await sqs.send(command)).Messages?.[0];
}
