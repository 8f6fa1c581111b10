import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../cli/start/ledger.ts';
import { processRequests } from '../cli/start/process-requests.ts';
import { startAws } from '../local/aws/aws.ts';
import { createQueues } from '../local/queues.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Queues that no function reads. */
async function startQueues() {
  const aws = await startAws();
  const sqs = new SQSClient({ region: 'us-east-1', credentials, endpoint: aws.endpoint });
  const queues = await createQueues(sqs, { visibilitySeconds: 30, maxReceiveCount: 3 });
  const close = async () => {
    sqs.destroy();
    await aws.close();
  };
  return { sqs, queues, [Symbol.asyncDispose]: close };
}

describe('Processing requests', () => {
  it('gives up when nothing has happened for too long, and leaves open what has no outcome', async () => {
    await using stack = await startQueues();
    const ledger = createLedger(() => performance.now());
    const lines = ['one', 'two'].map((body, index) => ({ number: index + 1, body }));
    await processRequests({ stack, lines, ledger, patienceMs: 100, onOutcome: () => {} });
    expect(ledger.entries).toMatchObject([{ body: 'one' }, { body: 'two' }]);
    expect(ledger.isAnswered()).toBe(false);
  });

  it('sends as many lines in one call as SQS takes, by number and by size, each as it is', async () => {
    await using stack = await startQueues();
    const ledger = createLedger(() => performance.now());
    const bodies = ['x'.repeat(1_048_576), ...Array.from({ length: 12 }, (_, index) => `line ${index} 🦊`)];
    const lines = bodies.map((body, index) => ({ number: index + 1, body }));
    await processRequests({ stack, lines, ledger, patienceMs: 100, onOutcome: () => {} });
    expect(await bodiesIn(stack)).toEqual(bodies.toSorted());
  });
});

async function bodiesIn({ sqs, queues }: Awaited<ReturnType<typeof startQueues>>): Promise<string[]> {
  const command = new ReceiveMessageCommand({ QueueUrl: queues.requests.url, MaxNumberOfMessages: 10 });
  const bodies: string[] = [];
  for (let calls = 0; calls < 4; calls++) {
    const { Messages = [] } = await sqs.send(command);
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
  return bodies.toSorted();
}
