import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { ChaosResult } from '../cli/chaos/result.ts';

const script = fileURLToPath(new URL('../cli/chaos/chaos.ts', import.meta.url));

async function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { npm_lifecycle_event, ...inherited } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, ...env },
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code, stdout, stderr };
}

describe('npm run chaos', () => {
  test('loses, doubles, contradicts and overasks nothing while every kind of fault strikes and containers are killed', async () => {
    const { code, stdout, stderr } = await run(['--requests', '300', '--seed', '2', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Seed 2\n') });
    const result: ChaosResult = JSON.parse(stdout);
    expect(result).toMatchObject({ requests: 300, seed: 2, findings: [] });
    expect(result).toMatchObject({ lost: 0, duplicateUsers: 0, contradictoryOutcomes: 0, tooManyCalls: 0 });

    expect(result.deliveries).toBeGreaterThan(result.messages);
    expect(result.kills.userRequested).toBeGreaterThan(0);
    expect(result.invocations.cutShort).toBeGreaterThan(0);
    const groups = Object.entries(result.faults);
    expect(groups.map(([group]) => group)).toEqual(['fireworks', 'vectara', 'scim', 'AWS', 'wall clock']);
    const neverHappened = groups.flatMap(([group, kinds]) =>
      Object.entries(kinds).flatMap(([kind, count]) => (count === 0 ? [`${group} ${kind}`] : [])),
    );
    // Only a user who is shown late makes Usher search, and one request in a hundred meets a firewall, unless all its
    // deliveries meet a pause.
    const isRare = (kind: string) => /^\w+ list|403 of a firewall/.test(kind);
    expect(neverHappened.filter((kind) => !isRare(kind))).toEqual([]);
    expect(neverHappened.filter((kind) => kind.includes('403 of a firewall')).length).toBeLessThan(3);

    const { completed, deadLettered } = result.distinctOutcomes;
    expect(completed).toBeGreaterThan(150);
    // Of the others, how many there are depends on which calls come first.
    expect(Object.keys(deadLettered)).toEqual(
      expect.arrayContaining(['invalid_event', 'request_expired', 'role_not_allowed', 'user_conflict']),
    );
  }, 180_000);

  test('prints its figures as text', async () => {
    const { code, stdout, stderr } = await run(['--requests', '5', '--seed', '1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^requests +5\nmessages sent +\d+\ndeliveries +\d+\nkills +\d+ containers/);
    expect(stdout).toMatch(
      /\nlost +0\nduplicate users +0\ncontradictory outcomes +0\ntoo many calls +0\nseed +1\nelapsed +\d/,
    );
    expect(stderr).toMatch(/ messages sent · \d+ outcomes · \d+ deliveries · \d+ kills · \d+ faults · /);
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
  }, 60_000);

  test('refuses arguments that it does not understand', async () => {
    for (const args of [['--requests', '0'], ['--seed', 'x'], ['--fast']]) {
      expect(await run(args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringContaining('error: '),
      });
    }
  });

  test('says so where npm has kept an option for itself', async () => {
    const env = { npm_lifecycle_event: 'chaos', npm_config_requests: '5' };
    const { code, stderr } = await run([], env);
    expect(code).toBe(2);
    expect(stderr).toBe('npm has kept --requests for itself: write npm run chaos -- --requests …\n');
  });

  test('ends what it started when it is interrupted', async () => {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let seen = '';
    for await (const chunk of child.stderr.iterator({ destroyOnReturn: false })) {
      seen += chunk;
      if (/[1-9]\d* outcomes/.test(seen)) break;
    }
    const children = await childrenOf(child.pid);
    expect(children).not.toEqual([]);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([143, null]);
    await expect.poll(async () => (await runningPids()).filter((pid) => children.includes(pid))).toEqual([]);
  });
});

async function processes(): Promise<{ pid: number; parent: number; state: string }[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/ +/);
      return { pid: Number(pid), parent: Number(parent), state };
    });
}

async function childrenOf(parentPid: number | undefined): Promise<number[]> {
  return (await processes()).filter(({ parent }) => parent === parentPid).map(({ pid }) => pid);
}

async function runningPids(): Promise<number[]> {
  return (await processes()).filter(({ state }) => !state.startsWith('Z')).map(({ pid }) => pid);
}
