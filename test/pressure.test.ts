import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';

const run = promisify(execFile);

describe('The artefact under pressure', () => {
  it('handles a batch of 1,000 with 1,024 file descriptors and ten calls in flight', async () => {
    const script = fileURLToPath(new URL('./batch-of-1000.ts', import.meta.url));
    const limited = 'ulimit -n 1024 && exec "$0" "$1"';
    const { stdout } = await run('sh', ['-c', limited, process.execPath, script]);
    expect(JSON.parse(stdout)).toEqual({ failed: 0, users: 1000, completions: 1000, mostInFlight: 10 });
  });

  it('keeps 1,000 requests through wrong credentials, calls next to nobody meanwhile, and completes all after the repair', async () => {
    const containers = 2;
    await using usher = await startLocalUsher({
      concurrency: containers,
      // The pause is a minute of real time; the delays meanwhile are shorter than in AWS, so that they end with it.
      visibilityScale: 1 / 240,
      secrets: { 'usher/fireworks/default': '{"apiKey":"outdated","accountId":"acme"}' },
    });
    await sendRequests(usher, 1000);
    const handedBack = () => usher.logs.filter((line) => line.includes('"request handed back"')).length;
    await vi.waitUntil(() => handedBack() >= 1000, { timeout: 60_000, interval: 100 });

    // Ten calls are under way in each container when the first refusal comes.
    expect(usher.fireworks.calls.length).toBeLessThanOrEqual(10 * containers);
    usher.stack.secretsManager.set('usher/fireworks/default', usher.fireworks.secret);
    const outcomes = await usher.outcomes(1000);

    expect(outcomes.filter(({ queue }) => queue === 'deadLetters')).toEqual([]);
    expect(usher.fireworks.users()).toHaveLength(1000);
    const changes = usher.logs.filter((line) => /"connection (paused|healed)"/.test(line));
    expect(changes).toHaveLength(2 * containers);
  }, 240_000);
});

async function sendRequests({ stack }: LocalUsher, count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, index) =>
    JSON.stringify(
      requestEvent(`r-${index}`, { provider: 'fireworks', user: { email: `r-${index}@example.com` } }),
    ),
  );
  while (bodies.length > 0) {
    const Entries = bodies.splice(0, 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await stack.sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queues.requests.url, Entries }));
  }
}
