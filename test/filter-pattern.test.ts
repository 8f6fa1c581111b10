import { describe, expect, test } from 'vitest';
import { readPattern } from '../local/deployment/filter-pattern.ts';

describe('A filter pattern', () => {
  const line = { level: 'WARN', message: 'secret not refreshed', receives: 2, record: { status: 'timeout' } };

  test.for([
    ['', true],
    ['{ $.level = "WARN" }', true],
    ['{ $.level = "ERROR" }', false],
    ['{ $.message = "secret *" }', true],
    ['{ $.message = "*cret" }', false],
    ['{ $.level = "ERROR" || $.record.status = "timeout" }', true],
    ['{ $.level = "WARN" && $.receives = 3 }', false],
    ['{ $.receives != 3 }', true],
    ['{ $.absent != "x" }', false],
    ['{ $.message = "secret.not" }', false],
  ] as const)('%s is judged as CloudWatch judges it', ([pattern, expected]) => {
    expect(readPattern(pattern)?.(line)).toBe(expected);
  });

  test('that is none of these is refused, and not taken for another one', () => {
    for (const pattern of ['{ level = "x" }', 'ERROR', '{ $.a IS TRUE }', '{ }'])
      expect(readPattern(pattern)).toBeUndefined();
  });

  test('of something that is no object matches nothing', () => {
    expect(readPattern('{ $.level = "WARN" }')?.('text')).toBe(false);
    expect(readPattern('{ $.level = "WARN" }')?.(undefined)).toBe(false);
  });
});
