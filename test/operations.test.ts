import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FAILURES } from '../lib/records/failure.ts';
import { json } from '../local/sandboxes/calls.ts';
import { type LocalUsher, requestEvent, startLocalUsher } from './local-usher.ts';

const run = promisify(execFile);
const page = await readFile(new URL('../docs/operations.md', import.meta.url), 'utf8');

/** The blocks that run anywhere, in order, without the indent of a list. */
const blocks = [...page.matchAll(/^( *)```sh\n(.*?)^ *```$/gms)].map(([, indent = '', text = '']) =>
  text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
);

describe('The operations guide', () => {
  let folder = '';
  let usher: LocalUsher;
  /** Functions of the one terminal that the guide speaks of; its variables stand in the file `variables`. */
  const functions: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'usher-operations-'));
    usher = await startLocalUsher({ secrets: {}, environment: { SECRET_PREFIX: 'usher/prod/' } });
    const cli = fileURLToPath(new URL('./aws-cli.ts', import.meta.url));
    await writeFile(join(folder, 'aws'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
    await chmod(join(folder, 'aws'), 0o755);
    await writeFile(join(folder, 'variables'), '');
  });
  afterAll(async () => {
    await usher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs the block in which the text stands, with keys that work; gives what it prints. */
  async function runBlock(text: string): Promise<string> {
    const found = blocks.filter((block) => block.includes(text));
    expect(found, text).toHaveLength(1);
    const [block = ''] = found;
    const script = block
      .replace('{"apiKey": "fw_…", "accountId": "your-account"}', usher.fireworks.secret)
      .replace('{"clientId": "…", "clientSecret": "…"}', usher.vectara.secret)
      // The guide waits that long where nothing comes.
      .replace('--wait-time-seconds 5', '--wait-time-seconds 1');
    const { requests, completions, deadLetters } = usher.stack.queues;
    const names = [...script.matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);
    const remember = names.map((name) => `echo "${name}='$${name}'" >> variables`);
    const lines = ['. ./variables', ...functions, script, ...remember];
    const { stdout } = await run('sh', ['-euc', lines.join('\n')], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_ENDPOINT_URL: usher.stack.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        STACK_OUTPUTS: JSON.stringify({
          RequestsQueueUrl: requests.url,
          RequestsQueueArn: requests.arn,
          CompletionsQueueUrl: completions.url,
          DeadLettersQueueUrl: deadLetters.url,
          DeadLettersQueueArn: deadLetters.arn,
        }),
      },
    });
    functions.push(...script.split('\n').filter((line) => /^\w+\(\)/.test(line)));
    return stdout;
  }

  it('leads from nothing to an answered request', async () => {
    await runBlock('vectara.json)');
    await runBlock('create-secret');
    await runBlock('output()');
    await runBlock('send-message');
    expect(
      JSON.parse(await runBlock('"$COMPLETIONS_URL" --wait-time-seconds 20 --query "Messages[0].Body"')),
    ).toMatchObject({
      type: 'user.completed.v1',
      causationid: 'first-request',
      data: { result: 'created' },
    });
    expect(await runBlock('"$DEAD_LETTERS_URL" --wait')).toBe('None\n');
    expect(usher.fireworks.users()).toHaveLength(1);
  });

  it('deletes an answer that was read', async () => {
    const request = { provider: 'vectara', user: { email: 'katherine@example.com' } };
    await usher.send(JSON.stringify(requestEvent('second-request', request)));
    expect(JSON.parse(await runBlock('delete-message'))).toMatchObject({ causationid: 'second-request' });
  });

  it('rotates a key while requests come in', async () => {
    usher.fireworks.rotateCredentials();
    await runBlock('put-secret-value');
    const request = { provider: 'fireworks', user: { email: 'grace@example.com' } };
    await usher.send(JSON.stringify(requestEvent('after-rotation', request)));
    await vi.waitUntil(() => usher.fireworks.users().length === 2, { timeout: 10_000 });
  });

  it('brings dead letters back once their cause is mended', async () => {
    usher.vectara.inject('create', { applied: false, reply: json(400, { messages: ['not today'] }) });
    const request = { provider: 'vectara', user: { email: 'alan@example.com' } };
    await usher.send(JSON.stringify(requestEvent('refused', request)));
    const isDeadLettered = () => usher.logs.some((line) => line.includes('"code":"provider_rejected"'));
    await vi.waitUntil(isDeadLettered, { timeout: 10_000 });
    expect(usher.vectara.users()).toHaveLength(1);
    await runBlock('start-message-move-task');
    expect(JSON.parse(await runBlock('list-message-move-tasks'))).toMatchObject({
      Results: [{ Status: 'COMPLETED' }],
    });
    await vi.waitUntil(() => usher.vectara.users().length === 2, { timeout: 10_000 });
  });

  it('has no block that is not run here', () => {
    const parts = ['vectara.json)', 'create-secret', 'output()', 'send-message', 'Messages[0].Body"'];
    const more = ['delete-message', 'put-secret-value', 'start-message-move-task', 'list-message-move-tasks'];
    const left = blocks.filter((block) => ![...parts, ...more].some((text) => block.includes(text)));
    expect(left).toEqual([]);
  });

  it.each(Object.keys(FAILURES))('says what to do about %s', (code) => {
    expect(page).toMatch(new RegExp(`^\\| \`${code}\` \\| .+ \\| .+ \\|$`, 'm'));
  });

  it('has the place that each of its links leads to', () => {
    const titles = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
    const anchors = titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links).not.toHaveLength(0);
    expect(links.filter((anchor) => !anchors.includes(String(anchor)))).toEqual([]);
  });
});
