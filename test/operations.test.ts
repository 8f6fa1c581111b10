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
  const tried = new Set<string>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'usher-operations-'));
    usher = await startLocalUsher({ secrets: {}, environment: { SECRET_PREFIX: 'usher/prod/' } });
    const cli = fileURLToPath(new URL('./aws-cli.ts', import.meta.url));
    await writeFile(join(folder, 'aws'), `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
    await chmod(join(folder, 'aws'), 0o755);
  });
  afterAll(async () => {
    await usher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs the block in which the texts stand, in a terminal of its own, with keys that work; gives what it prints. */
  async function runBlock(...texts: readonly string[]): Promise<string> {
    const found = blocks.filter((block) => texts.every((text) => block.includes(text)));
    expect(found, texts.join(' and ')).toHaveLength(1);
    tried.add(found[0] ?? '');
    const script = (found[0] ?? '')
      .replace('{"apiKey": "fw_…", "accountId": "your-account"}', usher.fireworks.secret)
      .replace('{"clientId": "…", "clientSecret": "…"}', usher.vectara.secret)
      // The guide waits that long where nothing comes.
      .replace('--wait-time-seconds 5', '--wait-time-seconds 1');
    const { stdout } = await run('sh', ['-euc', script], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_ENDPOINT_URL: usher.stack.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
      },
    });
    return stdout;
  }

  const takeAnswer = () => runBlock('url completions', 'answer.txt', 'receive-message');
  const showLetters = () => runBlock('url dead-letters', '--visibility-timeout 0');

  async function refuse(id: string): Promise<void> {
    usher.vectara.inject('create', { applied: false, reply: json(400, { messages: ['not today'] }) });
    const request = { provider: 'vectara', user: { email: `${id}@example.com` } };
    await usher.send(JSON.stringify(requestEvent(id, request)));
    const isDeadLettered = () =>
      usher.logs.some((line) => line.includes('"code":"provider_rejected"') && line.includes(`"${id}"`));
    await vi.waitUntil(isDeadLettered, { timeout: 10_000 });
  }

  it('leads from nothing to an answered request, and deletes the answer that was read', async () => {
    await runBlock('cat > vectara.json');
    await runBlock('create-secret');
    await runBlock('cat > request.json');
    expect(JSON.parse(await takeAnswer())).toMatchObject({
      type: 'user.completed.v1',
      causationid: 'first-request',
      data: { result: 'created' },
    });
    expect(usher.fireworks.users()).toHaveLength(1);
    expect(JSON.parse(await runBlock('ApproximateNumberOfMessagesNotVisible'))).toEqual({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '1' },
    });
    await runBlock('url completions', 'delete-message');
    expect(JSON.parse(await runBlock('ApproximateNumberOfMessagesNotVisible'))).toEqual({
      Attributes: { ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' },
    });
  });

  it('rotates a key while requests come in', async () => {
    usher.fireworks.rotateCredentials();
    await runBlock('put-secret-value');
    const request = { provider: 'fireworks', user: { email: 'grace@example.com' } };
    await usher.send(JSON.stringify(requestEvent('after-rotation', request)));
    await vi.waitUntil(() => usher.fireworks.users().length === 2, { timeout: 10_000 });
  });

  it('brings dead letters back once their cause is mended, also right after somebody has looked at them', async () => {
    await refuse('alan');
    expect(JSON.parse(await showLetters())).toMatchObject({ causationid: 'alan' });
    await runBlock('start-message-move-task');
    expect(JSON.parse(await runBlock('list-message-move-tasks'))).toMatchObject({
      Results: [{ Status: 'COMPLETED' }],
    });
    await vi.waitUntil(() => usher.vectara.users().length === 1, { timeout: 10_000 });
    expect(await showLetters()).toBe('None\n');
  });

  it('sends a single letter back whole, which gives an answer with an id of its own', async () => {
    await refuse('edith');
    const letter = JSON.parse(await runBlock('url dead-letters', 'letter.txt', 'receive-message'));
    await runBlock('letter.json');
    await vi.waitUntil(() => usher.vectara.users().length === 2, { timeout: 10_000 });
    expect(await showLetters()).toBe('None\n');
    const completions = (await usher.outcomes(3)).map(({ body }) => JSON.parse(body));
    const completed = completions.filter(({ causationid }) => causationid === 'edith');
    expect(completed).toMatchObject([{ type: 'user.completed.v1' }]);
    expect(completed[0].id).not.toBe(letter.id);
  });

  it('has no block for secrets or queues that is not run here, but for the removal', () => {
    const left = blocks.filter((block) => !tried.has(block));
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
