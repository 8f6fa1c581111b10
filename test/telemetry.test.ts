import { describe, expect, test } from 'vitest';
import { invocationId } from '../lib/telemetry/invocation.ts';
import { createLog, defectFields, type LogLevel, loggable } from '../lib/telemetry/log.ts';
import own from '../package.json' with { type: 'json' };
import { clockOf } from './clocks.ts';

const clock = clockOf({ now: () => Date.UTC(2026, 10, 21) });
const levels = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;

function linesOf(least: LogLevel, write: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  write(createLog(least, clock, (line) => lines.push(line)));
  return lines;
}

describe('A log', () => {
  test('writes one line of JSON for each call, whatever the fields hold', () => {
    const fields = { requestId: 'a\nb', receives: 2, issues: ['x'], code: undefined };
    const lines = linesOf('INFO', (log) => log('WARN', 'request handed back', fields));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(lines.join(''))).toEqual({
      timestamp: '2026-11-21T00:00:00.000Z',
      level: 'WARN',
      message: 'request handed back',
      requestId: 'a\nb',
      receives: 2,
      issues: ['x'],
      version: own.version,
    });
  });

  test.each([[undefined], [{}], [{ code: undefined }]])('needs no fields: %j', (fields) => {
    const lines = linesOf('INFO', (log) => log('INFO', 'said "so"', fields));
    expect(JSON.parse(lines.join(''))).toEqual({
      timestamp: '2026-11-21T00:00:00.000Z',
      level: 'INFO',
      message: 'said "so"',
      version: own.version,
    });
  });

  test('tells of each line which invocation it is of, of those that are at work side by side', async () => {
    const lines: string[] = [];
    const log = createLog('INFO', clock, (line) => lines.push(line));
    const invocation = (id: string) =>
      invocationId.run(id, async () => {
        log('INFO', 'begins');
        await null;
        log('INFO', 'ends');
      });
    await Promise.all([invocation('one'), invocation('two')]);
    const told = lines.map((line) => JSON.parse(line)).map((line) => `${line.invocationId} ${line.message}`);
    expect(told).toEqual(['one begins', 'two begins', 'one ends', 'two ends']);
  });

  test.each(levels.map((least, index) => [least, levels.slice(index)] as const))(
    'of level %s writes %j',
    (least, written) => {
      const lines = linesOf(least, (log) => {
        for (const level of levels) log(level, 'said');
      });
      expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
    },
  );
});

describe('An id that a producer has chosen', () => {
  test.each(['signup-1', 'https://signup.example/eu', '50% off', '🦊'])('is logged: %s', (id) => {
    expect(loggable(id)).toBe(id);
  });

  test.each([
    'ada@example.com',
    'https://signup.example/ada%40example.com',
    'ada\uFF20example.com',
    'ada\uFE6Bexample.com',
  ])('is not logged where it may hold an e-mail address: %s', (id) => {
    expect(loggable(id)).toBeUndefined();
  });
});

describe('A defect', () => {
  test('is told by its kind and place', () => {
    const { error, stack } = defectFields(new TypeError('canary'));
    expect(error).toBe('TypeError');
    expect(stack).toEqual(expect.arrayContaining([expect.stringContaining('telemetry.test.ts')]));
  });

  test.each(['canary', 'a\ncanary', 'a\n    at canary (canary.ts:1:1)\n    at canary', '\n\tat canary'])(
    'is told without its message %j',
    (message) => {
      const told = JSON.stringify(defectFields(new Error(message, { cause: new Error('canary') })));
      expect(told).not.toContain('canary');
      expect(told).toContain('telemetry.test.ts');
    },
  );

  test('is told with its place where it has no message', () => {
    expect(JSON.stringify(defectFields(new Error()))).toContain('telemetry.test.ts');
  });

  test.each([
    ['canary', 'string'],
    [undefined, 'undefined'],
    [{ canary: 1 }, 'object'],
  ])('that is no error is told by its type: %j', (defect, type) => {
    expect(defectFields(defect)).toEqual({ error: type });
  });
});
