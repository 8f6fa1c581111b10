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
const codes = await readFile(new URL('../docs/failure-codes.md', import.meta.url), 'utf8');

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
    const command = fileURLToPath(new URL('../cli/usher/main.ts', import.meta.url));
    await writeFile(join(folder, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${command}" "$@"\n`);
    for (const name of ['aws', 'npx']) await chmod(join(folder, name), 0o755);
  });
  afterAll(async () => {
    await usher[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs the block in which the texts stand, in a terminal of its own, with keys that work; gives what it prints. */
  async function runBlock(...texts: readonly string[]): Promise<string> {
    const found = blocks.filter((block) => texts.every((text) => block.includes(text)));
    expect(new Set(found).size, texts.join(' and ')).toBe(1);
    tried.add(found[0] ?? '');
    const script = (found[0] ?? '')
      .replace('{"apiKey": "fw_…", "accountId": "your-account"}', usher.fireworks.secret)
      .replace('{"clientId": "…", "clientSecret": "…"}', usher.vectara.secret)
      // The guide waits that long where nothing comes.
      .replace('--wait-time-seconds 5', '--wait-time-seconds 1')
      // The guide's stage is prod, and the one here is local.
      .replaceAll('--stage prod', '--stage local');
    const { stdout } = await run('sh', ['-euc', script], {
      cwd: folder,
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        AWS_ENDPOINT_URL: usher.stack.endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        USHER_AUDIT_FILE: join(folder, 'audit.jsonl'),
      },
    });
    return stdout;
  }

  const takeAnswer = () => runBlock('url completions', 'answer.txt');
  const showLetters = () => runBlock('npx usher letters --stage');

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
    expect(await runBlock('npx usher doctor')).toContain('Nothing is wrong');
    expect(await runBlock('cat > request.jsonl')).toContain('completed');
    expect(JSON.parse(await takeAnswer())).toMatchObject({
      type: 'user.completed.v1',
      causationid: 'first-request',
      data: { result: 'created' },
    });
    expect(usher.fireworks.users()).toHaveLength(1);
    expect(await runBlock('npx usher doctor')).toContain('queue completions: empty');
  });

  it('rotates a key while requests come in', async () => {
    usher.fireworks.rotateCredentials();
    expect(await runBlock('npx usher secret put')).toContain('Revoke the old key at ');
    expect(await runBlock('npx usher secret check')).toContain('fireworks/default: the provider lists users');
    const request = { provider: 'fireworks', user: { email: 'grace@example.com' } };
    await usher.send(JSON.stringify(requestEvent('after-rotation', request)));
    await vi.waitUntil(() => usher.fireworks.users().length === 2, { timeout: 10_000 });
  });

  it('brings dead letters back once their cause is mended, also right after somebody has looked at them', async () => {
    await refuse('alan');
    expect(await showLetters()).toContain('provider_rejected');
    expect(await runBlock('npx usher letters redrive')).toContain('1 letter went back.');
    await vi.waitUntil(() => usher.vectara.users().length === 1, { timeout: 10_000 });
    expect(await showLetters()).toBe('There are no dead letters.\n');
  });

  it('has no block for secrets or queues that is not run here, but for the removal', () => {
    const left = blocks.filter((block) => !tried.has(block));
    expect(left).toEqual([]);
  });

  it.each(Object.keys(FAILURES))('says what to do about %s', (code) => {
    expect(codes).toMatch(new RegExp(`^\\| \`${code}\` \\| .+ \\| .+ \\|$`, 'm'));
  });

  it('has the place that each of its links leads to', () => {
    const titles = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title);
    const anchors = titles.map((title) =>
      title
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const inPage = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    const inCodes = [...codes.matchAll(/\]\(operations\.md#([^)]+)\)/g)].map(([, anchor]) => anchor);
    const links = [...inPage, ...inCodes];
    expect(links).not.toHaveLength(0);
    expect(links.filter((anchor) => !anchors.includes(String(anchor)))).toEqual([]);
  });
});
