import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { alike, outputIn } from '../cli/pictures/run-picture.ts';
import { outcomeSchema } from '../lib/events/outcome-schemas.ts';
import { providers } from '../lib/providers/index.ts';
import { requestEvent } from './local-usher.ts';

const script = fileURLToPath(new URL('../cli/start/start.ts', import.meta.url));
const demo = fileURLToPath(new URL('../examples/requests.jsonl', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'usher-start-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('npm start', () => {
  it('shows one outcome for each demo request, in plain text where there is no terminal', async () => {
    const { code, stdout, stderr } = await run([]);
    expect(code).toBe(0);
    const rows = rowsOf(stdout);
    expect(rows.slice(0, 14)).toEqual([
      ['1', 'new-user', 'fireworks', 'created', '1'],
      ['2', 'emoji-in-name', 'fireworks', 'created', '1'],
      ['3', 'service-account', 'fireworks', 'created', '1'],
      ['4', 'custom-role', 'fireworks', 'created', '1'],
      ['5', 'existing-user', 'fireworks', 'existing', '1'],
      ['6', 'new-user', 'fireworks', 'existing', '1'],
      ['7', 'from-eventbridge', 'fireworks', 'created', '1'],
      ['8', 'api-roles', 'vectara', 'created', '1'],
      ['9', 'corpus-roles-by-sns', 'vectara', 'created', '1'],
      ['10', 'throttled', 'vectara', 'created', '3'],
      ['11', 'conflict', 'vectara', 'dead-lettered', '1'],
      ['12', 'wrong-role', 'fireworks', 'dead-lettered', '1'],
      ['13', 'malformed', 'vectara', 'dead-lettered', '1'],
      ['14', 'expired', 'fireworks', 'dead-lettered', '1'],
    ]);
    // Each further provider has a request that is carried out.
    const others = providers
      .map(({ name }) => name)
      .filter((name) => !['fireworks', 'vectara'].includes(name));
    expect(rows.slice(14).map(([, , provider, result]) => [provider, result])).toEqual(
      others.map((name) => [name, 'created']),
    );
    for (const code of ['user_conflict', 'role_not_allowed', 'invalid_event', 'request_expired']) {
      expect(stdout).toContain(`${code}: `);
    }
    expect(stdout).toMatch(/\(differs in\s+displayName\)/);
    const [sent, created] = [rows.length, 8 + others.length];
    const summary = new RegExp(
      `^${sent} requests in \\d+\\.\\d s: ${created} created, 2 existing, 4 dead-lettered\\.$`,
      'm',
    );
    expect(stdout).toMatch(summary);
    expect(stdout).toContain('Delays between attempts are 1,200 times shorter here');
    for (const picture of ['start', 'start-still']) {
      const svg = await readFile(new URL(`../docs/pictures/${picture}.svg`, import.meta.url), 'utf8');
      expect(alike(outputIn(svg)), '`npm run pictures` draws it anew').toBe(alike(stdout));
    }
    expect(stderr).toMatch(
      new RegExp(
        `^${sent} sent · \\d+ completed · \\d+ dead-lettered · 1 waiting for a retry: provider_throttled · `,
        'm',
      ),
    );
    expect(stdout).toMatch(/^The outcome events themselves: npm --silent start -- --json$/m);
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
    // The time of the summary is none before that of the progress.
    const [, told] = /.* · (\d+\.\d) s\n$/s.exec(stderr) ?? [];
    const [, whole] = / requests in (\d+\.\d) s/.exec(stdout) ?? [];
    expect(Number(whole)).toBeGreaterThanOrEqual(Number(told));
  });

  it('prints nothing but the outcome events with --json, one for each line', async () => {
    const { code, stdout, stderr } = await run(['--json', demo]);
    expect(code).toBe(0);
    const ids = eventsOf(stdout).map(({ causationid }) => causationid);
    const sent = (await readFile(demo, 'utf8')).trim().split('\n').map(requestIdOf);
    expect(ids.toSorted()).toEqual(sent.toSorted());
    expect(stderr).toContain(`${sent.length} requests in `);
  });

  it('takes requests from standard input, whatever their characters', async () => {
    const name = 'Zoë 🦊 田中';
    const refused = {
      provider: 'fireworks',
      user: { email: 'z@example.com', displayName: name, role: 'admin' },
    };
    const input = JSON.stringify(requestEvent('🦊', refused));
    const json = await run(['--json', '-'], input);
    expect(json.code).toBe(0);
    expect(eventsOf(json.stdout)).toMatchObject([
      { causationid: '🦊', data: { request: { data: refused } } },
    ]);
    const table = await run(['-'], input);
    expect(rowsOf(table.stdout)).toEqual([['1', '🦊', 'fireworks', 'dead-lettered', '1']]);
    expect(table.stdout).not.toContain('--json');
    expect(table.stdout).not.toContain('shorter');
  });

  it('sends a line that is not JSON as it is, and says which one it was', async () => {
    const good = JSON.stringify(requestEvent('1', { provider: 'vectara', user: { email: 'a@example.com' } }));
    const file = await fileOf(`\uFEFF${good}\r\n\r\n  \nhello 🦊\r\n`);
    const { code, stdout, stderr } = await run(['--json', file]);
    expect(code).toBe(0);
    expect(stderr).toContain('Line 4: not JSON; sent as is and dead-lettered.\n');
    const events = eventsOf(stdout);
    expect(events).toHaveLength(2);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'user.completed.v1',
        data: expect.objectContaining({ result: 'created', request: expect.objectContaining({ id: '1' }) }),
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        data: expect.objectContaining({
          body: 'hello 🦊',
          failure: expect.objectContaining({ code: 'invalid_event' }),
        }),
      }),
    );
  });

  it('tells how to get the outcome events of the same file', async () => {
    const file = join(folder, "it's mine.jsonl");
    await writeFile(file, 'hello');
    const { stdout } = await run([file]);
    expect(stdout).toContain(`npm --silent start -- --json '${folder}/it'\\''s mine.jsonl'\n`);
    const plain = await fileOf('hello');
    expect((await run([plain])).stdout).toContain(`npm --silent start -- --json ${plain}\n`);
  });

  it('warns of lines that Usher takes for one request, unless they are the same', async () => {
    const lineOf = (id: string, provider: string, email = 'a@example.com') =>
      JSON.stringify(requestEvent(id, { provider, user: { email } }));
    const lines = [
      lineOf('a', 'vectara'),
      lineOf('b', 'vectara'),
      lineOf('b', 'vectara'),
      lineOf('a', 'fireworks'),
    ];
    const { stdout, stderr } = await run(['-'], lines.join('\n'));
    expect(stderr).toMatch(
      /^Lines 1 and 4 have the same id and source: Usher takes them for one request, and their outcomes cannot be told apart\.\nBuilding/,
    );
    expect(stdout).toMatch(/ 1 {2}a +vectara +created .*usr_/);
    expect(stdout).toMatch(/ 4 {2}a +fireworks +created .*accounts\//);
  });

  it('warns of so many identities and no more', async () => {
    const lines = Array.from({ length: 14 }, (_, at) => JSON.stringify({ id: `${at % 7}`, source: 's', at }));
    const { stderr } = await run(['-'], lines.join('\n'));
    expect(stderr.match(/have the same id and source/g)).toHaveLength(5);
    expect(stderr).toContain('So it is with 2 more ids.\n');
  });

  it('says so when the lines are parts of one JSON document', async () => {
    const { code, stderr } = await run([await fileOf('[\n{},\n{}\n]\n')]);
    expect(code).toBe(0);
    expect(stderr).toContain('Lines 1, 2 and 4: not JSON; sent as is and dead-lettered.\n');
    expect(stderr).toContain('The input as a whole is one JSON document. Write one JSON event a line');
  });

  it('shows an outcome for each line where lines have the same identity', async () => {
    const lineOf = (role?: string) =>
      JSON.stringify(requestEvent('twin', { provider: 'fireworks', user: { email: 'a@example.com', role } }));
    const { stdout } = await run(['-'], [lineOf(), lineOf('admin'), lineOf()].join('\n'));
    const rows = rowsOf(stdout);
    expect(rows.slice(0, 14)).toEqual([
      ['1', 'twin', 'fireworks', 'created', '1'],
      ['2', 'twin', 'fireworks', 'dead-lettered', '1'],
      ['3', 'twin', 'fireworks', 'existing', '1'],
    ]);
  });

  it('counts a dead letter that is too large for an event, and says so with --json', async () => {
    const file = await fileOf('"'.repeat(600_000));
    const table = await run([file]);
    expect(rowsOf(table.stdout)).toEqual([['1', '–', '–', 'dead-lettered', '–']]);
    expect(table.stdout).toContain('invalid_event: ');
    const json = await run(['--json', file]);
    expect(json).toMatchObject({ code: 0, stdout: '' });
    expect(json.stderr).toContain('Line 1: dead-lettered, too large for an event.\n');
  });

  it.each([
    ['a missing file', 'missing.jsonl', undefined, /^There is no file \S+missing\.jsonl\. Name a file/],
    ['an empty file', 'empty.jsonl', '', /holds no request\. Write one JSON event a line/],
    ['a file of blank lines', 'blank.jsonl', '\n \r\n', /holds no request\. Write one JSON event a line/],
    ['a directory', '.', undefined, /is a directory\. Name a file of requests in it/],
    [
      'one JSON event over several lines',
      'event.json',
      '{\n"roles": [\n"x"\n]\n}',
      /it on one line.*Nothing was/,
    ],
    ['an array over several lines', 'array.json', '[{\n},\n{\n}]', /each element on one line.*Nothing was/],
    ['a file that is not UTF-8', 'utf16', Buffer.from('{}', 'utf16le').fill(0xff), /is not UTF-8 text/],
    [
      'a line above 1 MiB',
      'large',
      `{}\n"${'x'.repeat(1_048_575)}"`,
      /line 2 is too large.*Nothing was sent/,
    ],
    [
      'a character that SQS refuses',
      'control',
      '{}\n\n\u0001',
      /line 3 has a character.*U\+0001.*Nothing was/,
    ],
  ])('refuses %s, says what to do, and exits 2', async (_, name, content, message) => {
    const file = content === undefined ? join(folder, name) : await fileOf(content);
    const { code, stdout, stderr } = await run([file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a file without a name', async () => {
    expect(await run([''])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^FILE is empty text\. Name/),
    });
  });

  it('refuses to go on without the --json that npm has kept for itself', async () => {
    const env = { npm_config_json: 'true' };
    const refused = await run(['mine.jsonl'], '', env);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toBe('npm has kept --json for itself: write npm start -- --json mine.jsonl\n');
    const missing = await run(['--json', 'mine.jsonl'], '', env);
    expect(missing.stderr).toMatch(/^There is no file mine\.jsonl/);
  });

  it.each([
    [
      'pipes something to it',
      [],
      'cat "$0" | "$@"',
      /^No FILE is named, so this is the demo; `npm start -- -` takes/,
    ],
    ['redirects a file to it', [], 'exec "$@" < "$0"', /^No FILE is named, so this is the demo/],
    ['gives it nothing', [], 'exec "$@" < /dev/null', /^Building/],
    ['names a file', [demo], 'exec "$@" < "$0"', /^Building/],
  ])('says whether it ignores standard input where somebody %s', async (_, args, shell, expected) => {
    const { code, stderr } = await run(args, '', {}, shell);
    expect(code).toBe(0);
    expect(stderr).toMatch(expected);
  });

  it('refuses empty standard input', async () => {
    const { code, stderr } = await run(['-'], '');
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Standard input holds no'),
    });
  });

  it('finds a file where the person stands, not where npm runs its scripts', async () => {
    await mkdir(join(folder, 'elsewhere'), { recursive: true });
    await writeFile(join(folder, 'elsewhere', 'mine.jsonl'), '');
    const env = { npm_lifecycle_event: 'start', INIT_CWD: join(folder, 'elsewhere') };
    expect((await run(['mine.jsonl'], '', env)).stderr).toContain('mine.jsonl holds no request');
  });

  it('explains itself and refuses options that it does not know', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('npm --silent start -- --json');
    for (const line of help.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    const unknown = await run(['--jsn']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown option '--jsn'") });
    const many = await run(['one', 'two']);
    expect(many).toMatchObject({ code: 2, stderr: expect.stringContaining('too many arguments') });
    for (const { stderr } of [unknown, many]) expect(stderr).toContain('npm start -- --help\n');
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'on %s tells what is known, ends all that it started and exits %i',
    async (signal, expected) => {
      const child = start([]);
      const output = text(child.stdout);
      await waitFor(child, /1 waiting for a retry/);
      const children = await childrenOf(child);
      expect(children).not.toHaveLength(0);
      child.kill(signal);
      const [code] = await once(child, 'close');
      expect(code).toBe(expected);
      expect(await output).toMatch(
        / 10 {2}throttled .*no outcome .*waiting for a retry: provider_throttled$/m,
      );
      expect(await output).toMatch(/^\d+ requests in .* without an outcome\.$/m);
      expect(await output).not.toContain('--silent');
      await vi.waitFor(async () => expect(await alive(children)).toEqual([]), 10_000);
    },
  );

  it('says nothing when Ctrl-C ends what it builds with before itself', async () => {
    const child = start([]);
    const output = text(child.stdout);
    await waitFor(child, /^Building/);
    const errors = text(child.stderr);
    const childrenThen = async () => {
      const found = await childrenOf(child);
      return found.length > 0 && found;
    };
    const children = await vi.waitUntil(childrenThen, { timeout: 20_000 });
    for (const pid of [...children, child.pid ?? 0]) process.kill(pid, 'SIGINT');
    const [code] = await once(child, 'close');
    expect({ code, stdout: await output }).toEqual({ code: 130, stdout: '' });
    expect(await errors).not.toMatch(/error|stopped/i);
  });

  it('on a second Ctrl-C waits no longer for somebody to read what is known', async () => {
    // More of a table than a pipe and its reader hold.
    const lines = Array.from({ length: 2_000 }, (_, at) => `{"id":"as-long-as-is-shown-${at}"}`);
    const child = start([await fileOf(lines.join('\n'))]);
    await waitFor(child, /^2,000 sent/m);
    child.kill('SIGINT');
    await once(child.stdout, 'readable');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    child.stdout.destroy();
  });

  it('ends quietly when nobody reads on', async () => {
    const child = start(['--json']);
    const errors = text(child.stderr);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect(code).toBe(0);
    expect(await errors).not.toMatch(/error|EPIPE/i);
  });
});

const AS_IT_IS = 'exec "$@"';

/** `shell` runs "$@" on an input of its choice; "$0" is the file of the demo requests. */
function start(args: readonly string[], env: NodeJS.ProcessEnv = {}, shell = AS_IT_IS) {
  const { FORCE_COLOR, npm_lifecycle_event, npm_config_json, ...inherited } = process.env;
  const command = ['-c', shell, demo, process.execPath, script, ...args];
  return spawn('sh', command, { env: { ...inherited, ...env }, stdio: 'pipe' });
}

async function run(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}, shell = AS_IT_IS) {
  const child = start(args, env, shell);
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

let files = 0;

async function fileOf(content: string | Buffer): Promise<string> {
  files += 1;
  const file = join(folder, `${files}.jsonl`);
  await writeFile(file, content);
  return file;
}

/** Line, request, provider, outcome and attempts of each row of the table. */
function rowsOf(stdout: string): string[][] {
  const row = /^ *(\d+) +(\S+) +(\S+) +(created|existing|dead-lettered) +(\d+|–) +\d+\.\d s {2}\S/;
  return stdout.split('\n').flatMap((line) => {
    const [, ...cells] = row.exec(line) ?? [];
    return cells.length > 0 ? [cells] : [];
  });
}

function eventsOf(stdout: string) {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => outcomeSchema.parse(JSON.parse(line)));
}

function requestIdOf(line: string): string {
  const event = JSON.parse(line);
  return 'Message' in event ? JSON.parse(event.Message).id : event.id;
}

async function waitFor({ stderr }: ReturnType<typeof start>, pattern: RegExp): Promise<void> {
  let seen = '';
  for await (const chunk of stderr.iterator({ destroyOnReturn: false })) {
    seen += chunk;
    if (pattern.test(seen)) return;
  }
  throw new Error(`it ended after ${seen}`);
}

interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
}

async function processes(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/));
  // What has ended and was not yet taken note of by its parent does not count.
  return all.flatMap(([pid, parent, state = '']) =>
    state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent) }],
  );
}

async function childrenOf({ pid }: ChildProcess): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === pid).map((child) => child.pid);
}

async function alive(pids: readonly number[]): Promise<number[]> {
  return (await processes()).map(({ pid }) => pid).filter((pid) => pids.includes(pid));
}
