import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAILURES, Failure, type FailureCode } from '../lib/records/failure.ts';
import { delaySeconds, nextStep } from '../lib/records/retry.ts';

const codes = Object.keys(FAILURES).filter((code): code is FailureCode => Object.hasOwn(FAILURES, code));
const final = codes.filter((code) => FAILURES[code] === 'never');
const transient = codes.filter((code) => FAILURES[code] !== 'never');
const LARGEST_RANDOM = 1 - Number.EPSILON / 2;

interface Situation {
  readonly receives?: number;
  readonly random?: number;
  readonly elapsedMs?: number;
  readonly retryAfterMs?: number;
}

function delayOf(
  code: FailureCode,
  { receives = 1, random = 0, elapsedMs = 0, retryAfterMs }: Situation = {},
) {
  return delaySeconds(new Failure(code, 'm', { asks: { retryAfterMs } }), { receives, random, elapsedMs });
}

describe('The next step', () => {
  const step = (code: FailureCode, receives: number, maxReceives: number) =>
    nextStep(new Failure(code, 'm'), receives, maxReceives);

  test.each(final)('after %s is a dead letter on any receive, never as exhausted', (code) => {
    for (const receives of [1, 2, 15, 16]) expect(step(code, receives, 15)).toBe('dead-letter');
  });

  test.each(transient)('after %s is another try until the last receive', (code) => {
    for (const receives of [1, 2, 14]) expect(step(code, receives, 15)).toBe('retry');
    for (const receives of [15, 16, 1000]) expect(step(code, receives, 15)).toBe('dead-letter as exhausted');
  });

  test('is a dead letter on the first receive where that is the last', () => {
    expect(step('provider_unavailable', 1, 1)).toBe('dead-letter as exhausted');
  });
});

describe('The delay', () => {
  const doubling = (base: number) =>
    Array.from({ length: 16 }, (_, index) => [index + 1, Math.min(base * 2 ** index, 3600)] as const);

  test.each(doubling(30))('of a retry on receive %i lies in the upper half of %i s', (receives, whole) => {
    expect(delayOf('provider_throttled', { receives, random: 0 })).toBe(whole / 2);
    expect(delayOf('provider_throttled', { receives, random: 0.5 })).toBe(Math.ceil(whole * 0.75));
    expect(delayOf('provider_throttled', { receives, random: LARGEST_RANDOM })).toBe(whole);
  });

  test.each(doubling(120))(
    'of a slow retry on receive %i lies in the upper half of %i s',
    (receives, whole) => {
      expect(delayOf('secret_invalid', { receives, random: 0 })).toBe(whole / 2);
      expect(delayOf('secret_invalid', { receives, random: LARGEST_RANDOM })).toBe(whole);
    },
  );

  test.each([
    [1, 10],
    [2, 20],
    [6, 320],
    [7, 600],
    [15, 600],
    [1e6, 600],
  ])('of a pending user on receive %i is exactly %i seconds', (receives, seconds) => {
    expect(delayOf('provider_pending', { receives, random: 0.9 })).toBe(seconds);
  });

  test.each([1, 2, 15])('of what was out of time is none on receive %i', (receives) => {
    expect(delayOf('out_of_time', { receives, random: 0.9 })).toBe(0);
  });

  test.each([
    ['provider_throttled', 100_000, 100],
    ['provider_throttled', 100_001, 101],
    ['provider_throttled', 1000, 15],
    ['provider_unavailable', 7_200_000, 7200],
    ['provider_capacity', 61_000, 61],
    ['provider_pending', 11_000, 11],
    ['provider_pending', 1, 10],
    ['out_of_time', 5000, 5],
  ] as const)('of %s is no shorter than a Retry-After of %i ms: %i s', (code, retryAfterMs, seconds) => {
    expect(delayOf(code, { retryAfterMs })).toBe(seconds);
  });

  test('is what SQS allows where Retry-After asks for more', () => {
    for (const retryAfterMs of [12 * 3_600_000, 86_400_000, Number.MAX_VALUE, Number.POSITIVE_INFINITY]) {
      const seconds = delayOf('provider_throttled', { retryAfterMs, elapsedMs: 60_000 });
      expect(seconds).toBeLessThanOrEqual(12 * 3600 - 60);
      expect(seconds).toBeGreaterThan(11.9 * 3600 - 60);
    }
  });

  test('is a whole number of seconds that SQS accepts, whatever the situation', () => {
    const situation = fc.record({
      receives: fc.integer({ min: 1, max: 1_000_000 }),
      random: fc.double({ min: 0, max: LARGEST_RANDOM, noNaN: true }),
      elapsedMs: fc.integer({ min: 0, max: 13 * 3_600_000 }),
      retryAfterMs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.constantFrom(...codes), situation, (code, some) => {
        const seconds = delayOf(code, some);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(Math.max(0, 43_200 - some.elapsedMs / 1000));
      }),
    );
  });

  test('never undercuts Retry-After within what SQS allows', () => {
    fc.assert(
      fc.property(fc.constantFrom(...transient), fc.integer({ min: 0, max: 11 * 3_600_000 }), (code, ms) => {
        expect(delayOf(code, { retryAfterMs: ms }) * 1000).toBeGreaterThanOrEqual(ms);
      }),
    );
  });
});
