import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, vi } from 'vitest';
import { requestEvent } from './local-usher.ts';

const script = fileURLToPath(new URL('../cli/local/local.ts', import.meta.url));

it('npm run local keeps Usher running, says how to reach it, and ends with Ctrl-C', async () => {
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  await vi.waitUntil(() => output.includes('Running until Ctrl-C'), { timeout: 30_000 });
  const setting = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(output)?.[1] ?? '';
  const credentials = {
    accessKeyId: setting('AWS_ACCESS_KEY_ID'),
    secretAccessKey: setting('AWS_SECRET_ACCESS_KEY'),
  };
  const sqs = new SQSClient({
    region: setting('AWS_REGION'),
    endpoint: setting('AWS_ENDPOINT_URL'),
    credentials,
  });
  const request = requestEvent('r-1', { provider: 'vectara', user: { email: 'ada@example.com' } });
  await sqs.send(
    new SendMessageCommand({ QueueUrl: setting('REQUESTS_URL'), MessageBody: JSON.stringify(request) }),
  );
  await vi.waitUntil(() => output.includes('"message":"request completed"'), { timeout: 10_000 });
  sqs.destroy();
  expect(output).not.toContain('_aws');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
}, 60_000);
