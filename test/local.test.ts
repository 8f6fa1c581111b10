import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it, vi } from 'vitest';
import { requestEvent } from './local-usher.ts';
import { runUsher } from './usher-command.ts';

const script = fileURLToPath(new URL('../cli/local/local.ts', import.meta.url));

it('npm run local keeps Usher running, says how to reach it, and ends with Ctrl-C', async () => {
  const child = spawn(process.execPath, [script, '--with-letters'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  await vi.waitUntil(() => output.includes('Running until Ctrl-C'), { timeout: 30_000 });
  const file = fileURLToPath(new URL('../.usher/local.env', import.meta.url));
  const settings = await readFile(file, 'utf8');
  const setting = (name: string) => new RegExp(`\\b${name}=(\\S+)`).exec(settings)?.[1] ?? '';
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
  await vi.waitUntil(() => output.includes('request completed · r-1 · vectara'), { timeout: 10_000 });
  await sqs.send(new SendMessageCommand({ QueueUrl: setting('REQUESTS_URL'), MessageBody: '{"id": "r-2"}' }));
  await vi.waitUntil(() => output.includes('r-2 · invalid_event'), { timeout: 10_000 });
  expect(output).toContain('specversion is required');
  sqs.destroy();
  expect(output).not.toContain('_aws');

  const [, users = ''] = /Who is there at the providers: (\S+)/.exec(output) ?? [];
  expect(await (await fetch(users)).json()).toMatchObject({
    vectara: expect.arrayContaining([expect.objectContaining({ email: 'ada@example.com' })]),
  });

  // As a person at another terminal, whose own AWS settings lead elsewhere.
  const env = { ...process.env, AWS_PROFILE: 'elsewhere', AWS_REGION: 'eu-west-1', USHER_STAGE: undefined };
  const letters = await runUsher(['letters', '--local'], { env });
  expect(letters).toMatchObject({ code: 1, stderr: expect.stringContaining('stage local') });
  expect(letters.stdout).toContain('41 of about 41 letters seen.');
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(await runUsher(['letters', '--local'], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('npm run local'),
  });
}, 60_000);
