import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createProgress } from '../cli/terminal/progress.ts';
import { seconds } from '../cli/terminal/text.ts';

const ERASE_LINE = '\u001B[2K';

/** A stream that is a terminal or is none, and all that was written to it. */
function target(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 80 });
  let output = '';
  stream.on('data', (chunk) => {
    output += chunk;
  });
  return { stream, output: () => output };
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe('Progress', () => {
  it('counts in one line that changes, on a terminal', async () => {
    vi.stubEnv('TERM', 'xterm');
    const { stream, output } = target(true);
    using progress = createProgress(stream);
    let count = 0;
    progress.show(() => `${count++} done`);
    await vi.waitFor(() => expect(output()).toContain('2 done'));
    expect(output()).toMatch(/0 done · 0\.\d s\n/);
  });

  it('breaks a line that is too long between words, on a terminal', () => {
    vi.stubEnv('TERM', 'xterm');
    const { stream, output } = target(true);
    using progress = createProgress(stream);
    progress.show(() => `${'word '.repeat(15)}secret_unavailable`);
    expect(output()).toMatch(/word\s*\nsecret_unavailable · /);
  });

  it('tells the time that it shows', async () => {
    const { stream, output } = target(false);
    using progress = createProgress(stream);
    await vi.waitFor(() => expect(progress.elapsedMs()).toBeGreaterThan(100));
    const before = progress.elapsedMs();
    progress.show(() => 'working');
    const after = progress.elapsedMs();
    expect([before, after].map((ms) => `working · ${seconds(ms)}\n`)).toContain(output());
  });

  it('clears its line before something else is written, and at the end', () => {
    vi.stubEnv('TERM', 'xterm');
    const { stream, output } = target(true);
    const progress = createProgress(stream);
    progress.show(() => 'working');
    progress.tell('a warning');
    expect(output()).toMatch(/working.*\n/);
    expect(output().indexOf(ERASE_LINE)).toBeLessThan(output().indexOf('a warning'));
    progress.show(() => 'working on');
    const before = output().length;
    progress.end();
    expect(output().slice(before)).toContain(ERASE_LINE);
    const after = output().length;
    progress.end();
    expect(output()).toHaveLength(after);
  });

  it.each([
    ['without a terminal', false, 'xterm'],
    ['on a terminal that can do nothing', true, 'dumb'],
  ])('writes plain lines, and none twice in a row, %s', async (_, isTTY, term) => {
    vi.stubEnv('TERM', term);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    const { stream, output } = target(isTTY);
    using progress = createProgress(stream);
    let count = 0;
    progress.show(() => (count++ < 3 ? 'sending' : 'answered'));
    progress.tell('a warning');
    vi.advanceTimersByTime(5_000);
    await vi.waitFor(() => expect(output()).toContain('answered'));
    expect(output().replace(/\d+\.\d s/g, '0 s')).toBe('sending · 0 s\na warning\nanswered · 0 s\n');
  });
});
