import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { HttpAnswer } from '../lib/calls/http.ts';
import { NoAnswer } from '../lib/calls/no-answer.ts';
import { failureOfAnswer, failureOfSilence, retryAfter } from '../lib/calls/provider-failure.ts';
import type { ProviderError } from '../lib/providers/provider.ts';
import { asFailure, FAILURES, Failure, leading } from '../lib/records/failure.ts';

const now = Date.UTC(2026, 10, 21, 10);

function failureOf(status: number, error: ProviderError = {}, headers: HttpAnswer['headers'] = {}): Failure {
  return failureOfAnswer('fireworks', { status, headers }, error, now);
}

describe('An answer', () => {
  test.each<readonly [number, string]>([
    [200, 'provider_invalid_response'],
    [201, 'provider_invalid_response'],
    [204, 'provider_invalid_response'],
    [301, 'provider_invalid_response'],
    [302, 'provider_invalid_response'],
    [304, 'provider_invalid_response'],
    [307, 'provider_invalid_response'],
    [400, 'provider_rejected'],
    [401, 'provider_unauthorized'],
    [402, 'provider_capacity'],
    [403, 'provider_unauthorized'],
    [404, 'provider_not_found'],
    [405, 'provider_not_found'],
    [406, 'provider_rejected'],
    [407, 'provider_unauthorized'],
    [408, 'provider_unavailable'],
    [409, 'user_conflict'],
    [410, 'provider_not_found'],
    [412, 'provider_capacity'],
    [413, 'provider_rejected'],
    [421, 'provider_unavailable'],
    [422, 'provider_rejected'],
    [425, 'provider_unavailable'],
    [429, 'provider_throttled'],
    [451, 'provider_rejected'],
    [498, 'provider_rejected'],
    [499, 'provider_unavailable'],
    [500, 'provider_unavailable'],
    [501, 'provider_rejected'],
    [502, 'provider_unavailable'],
    [503, 'provider_unavailable'],
    [504, 'provider_unavailable'],
    [507, 'provider_unavailable'],
    [520, 'provider_unavailable'],
    [599, 'provider_unavailable'],
    [0, 'provider_invalid_response'],
    [99, 'provider_invalid_response'],
    [600, 'provider_invalid_response'],
    [999, 'provider_invalid_response'],
  ])('of %i means %s', (status, code) => {
    expect(failureOf(status)).toMatchObject({ code, told: { httpStatus: status } });
  });

  test.each<readonly [string, number, ProviderError, Record<string, string>, string]>([
    ['409 ALREADY_EXISTS', 409, { code: 'ALREADY_EXISTS' }, {}, 'user_conflict'],
    ['409 of a clash with another change', 409, { aborted: true }, {}, 'provider_unavailable'],
    ['400 ABORTED', 400, { code: 'ABORTED' }, {}, 'provider_rejected'],
    ['400 of a duplicate', 400, { duplicate: true }, {}, 'user_conflict'],
    ['422 of a duplicate', 422, { duplicate: true }, {}, 'user_conflict'],
    ['406 of a duplicate', 406, { duplicate: true }, {}, 'user_conflict'],
    ['404 that speaks of a duplicate', 404, { duplicate: true }, {}, 'provider_not_found'],
    ['500 of a duplicate', 500, { duplicate: true }, {}, 'provider_unavailable'],
    ['403 of a limit', 403, { quota: true }, {}, 'provider_capacity'],
    ["403 of the request's own", 403, { ownRefusal: true }, {}, 'provider_rejected'],
    ['202', 202, {}, {}, 'provider_pending'],
    ['429 of a quota', 429, { quota: true }, {}, 'provider_capacity'],
    ['429 of a quota that ends', 429, { quota: true }, { 'retry-after': '60' }, 'provider_throttled'],
    ['503 of a quota', 503, { quota: true }, {}, 'provider_unavailable'],
  ])('of %s is told apart', (_, status, error, headers, code) => {
    expect(failureOf(status, error, headers).code).toBe(code);
  });

  test('is told with everything that the provider says of it', () => {
    const issues = [{ path: 'data.user.email', message: 'is bad' }];
    const failure = failureOf(422, { message: 'No.', code: 'X', requestId: 'r', issues });
    expect(failure.message).toBe('fireworks answered 422: No.');
    expect(failure).toMatchObject({
      told: { httpStatus: 422, providerCode: 'X', providerRequestId: 'r', issues },
      asks: { doubtful: false },
    });
  });

  test('is told by its status where the provider says nothing', () => {
    expect(failureOf(500).message).toBe('fireworks answered 500.');
  });

  test.each([99, 200, 302, 408, 499, 500, 504, 600, 999])(
    'of %i leaves open whether the call was carried out',
    (status) => {
      expect(failureOf(status).asks.doubtful).toBe(true);
    },
  );

  test.each([400, 401, 402, 403, 404, 405, 407, 409, 410, 412, 421, 425, 429, 501])(
    'of %i says that it was not',
    (status) => {
      expect(failureOf(status).asks.doubtful).toBe(false);
    },
  );

  test.each([
    [401, false],
    [402, false],
    [403, true],
    [407, true],
  ])('of %i may mean one request alone: %j', (status, ownRefusal) => {
    expect(failureOf(status).asks.ownRefusal).toBe(ownRefusal);
  });

  test('that the create was aborted leaves no doubt', () => {
    expect(failureOf(409, { aborted: true }).asks.doubtful).toBe(false);
  });

  test.each<readonly [number, string | undefined, number | undefined]>([
    [502, undefined, 200],
    [503, undefined, 200],
    [503, '0', 200],
    [503, '2', 2000],
    [503, '3', undefined],
    [429, '1', 1000],
    [429, '0', 200],
    [429, undefined, undefined],
    [429, 'soon', undefined],
    [500, '1', undefined],
    [504, undefined, undefined],
  ])('of %i with Retry-After %j is asked for again at once after %j ms', (status, header, ms) => {
    const headers = header === undefined ? undefined : { 'retry-after': header };
    expect(failureOf(status, {}, headers).asks.quickTryMs).toBe(ms);
  });
});

describe('Silence', () => {
  test.each([
    ['not connected', 'none', false, 200, 'no connection could be made'],
    ['timed out', 'none', false, undefined, 'no answer came in time'],
    ['timed out', 'new', true, undefined, 'no answer came in time'],
    ['reset', 'new', true, 200, 'the connection was reset'],
    ['reset', 'kept', true, 200, 'the connection was reset'],
    ['unreadable', 'new', true, undefined, 'the answer could not be read'],
    ['broken off', 'new', true, undefined, 'the answer broke off'],
  ] as const)('of a call that was %s (connection: %s) leaves it doubtful: %j', (...row) => {
    const [reason, connection, doubtful, quickTryMs, words] = row;
    const cause = Object.assign(new Error('canary'), { code: 'ECODE' });
    const failure = failureOfSilence('vectara', new NoAnswer(reason, connection, cause));
    expect(failure).toMatchObject({ code: 'provider_unavailable', asks: { doubtful, quickTryMs } });
    expect(failure.message).toBe(`vectara could not be asked: ${words} (ECODE).`);
  });

  test('without a code is told without one', () => {
    const failure = failureOfSilence('vectara', new NoAnswer('reset', 'new', new Error('canary')));
    expect(failure.message).toBe('vectara could not be asked: the connection was reset.');
  });
});

describe('Retry-After', () => {
  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['0005', 5000],
    ['1.5', 1500],
    ['600.5', 600_500],
    ['999999999', 999_999_999_000],
    [String(now / 1000 + 90), 90_000],
    [String(now / 1000 + 0.5), 500],
    ['1000000000', 0],
    ['2026-11-21T10:10:00Z', 600_000],
    ['2026-11-21t10:10:00.250z', 600_250],
    ['2026-11-21T11:10:00+01:00', 600_000],
    ['2026-11-21T10:10:00', 600_000],
    ['2026-11-21T10:10', 600_000],
    ['2026-11-22', 14 * 3_600_000],
    ['2026-11-20T10:00:00Z', 0],
    ['Sat, 21 Nov 2026 10:01:00 GMT', 60_000],
    ['Saturday, 21-Nov-26 10:01:00 GMT', 60_000],
    ['Sat Nov 21 10:01:00 2026', 60_000],
    ['Tue Dec  1 10:00:00 2026', 10 * 86_400_000],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 0],
  ])('%j asks to wait %i ms', (header, ms) => {
    expect(retryAfter(header, now)).toBe(ms);
  });

  test.each([
    undefined,
    '',
    '-1',
    '.5',
    '1,5',
    '1.5.5',
    '+5',
    '2026-13-21T10:10:00Z',
    '2026-11-21 10:10:00',
    'P1D',
    '1e3',
    '0x10',
    '5s',
    '5, 5',
    '٣',
    'soon',
    'after 2099',
    'try 5',
    'Sat, 21 Nov 2026 10:01:00',
    'Sat, 99 Xyz 2026 10:01:00 GMT',
    'Sat Nov 21 10:01:00',
    'Sat Nov 21 10:01:00 20260',
    'not Sat, 21 Nov 2026 10:01:00 GMT',
    'GMT',
  ])('%j asks for nothing', (header) => {
    expect(retryAfter(header, now)).toBeUndefined();
  });

  test('means Greenwich time wherever Usher runs', () => {
    vi.stubEnv('TZ', 'Etc/GMT+5');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(new Date(now).getTimezoneOffset()).toBe(300);
    for (const header of [
      'Sat Nov 21 10:01:00 2026',
      'Sat, 21 Nov 2026 10:01:00 GMT',
      '2026-11-21T10:01:00',
    ]) {
      expect(retryAfter(header, now)).toBe(60_000);
    }
  });

  test('may ask for ever', () => {
    expect(retryAfter('9'.repeat(400), now)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('The failure table', () => {
  test('names every code in the order in which one goes before another, and what happens then', () => {
    expect(Object.entries(FAILURES)).toEqual([
      ['invalid_event', 'never'],
      ['unsupported_provider', 'never'],
      ['role_not_allowed', 'never'],
      ['request_expired', 'never'],
      ['user_conflict', 'never'],
      ['provider_rejected', 'never'],
      ['provider_unauthorized', 'slowly'],
      ['provider_not_found', 'slowly'],
      ['provider_capacity', 'slowly'],
      ['provider_throttled', 'retry'],
      ['provider_unavailable', 'retry'],
      ['provider_pending', 'soon'],
      ['provider_invalid_response', 'retry'],
      ['secret_unavailable', 'slowly'],
      ['secret_invalid', 'slowly'],
      ['out_of_time', 'undelayed'],
      ['outcome_unpublished', 'retry'],
      ['unexpected', 'retry'],
      ['delivery_exhausted', 'never'],
    ]);
  });

  test.each([
    ['provider_unavailable', 'provider_throttled', 'provider_throttled'],
    ['provider_pending', 'provider_invalid_response', 'provider_pending'],
    ['provider_unavailable', 'out_of_time', 'provider_unavailable'],
  ] as const)('lets of %s and %s lead %s, in either order', (one, other, code) => {
    const [first, second] = [new Failure(one, 'a'), new Failure(other, 'b')];
    expect(leading(first, second).code).toBe(code);
    expect(leading(second, first).code).toBe(code);
  });

  test('lets the longer Retry-After of two failures hold', () => {
    const short = new Failure('provider_throttled', 'a', { asks: { retryAfterMs: 5 } });
    const long = new Failure('provider_unavailable', 'b', { asks: { retryAfterMs: 9 } });
    for (const both of [leading(short, long), leading(long, short)]) {
      expect(both).toMatchObject({ code: 'provider_throttled', asks: { retryAfterMs: 9 } });
    }
  });

  test.each(['invalid_event', 'provider_throttled', 'outcome_unpublished'] as const)(
    'lets a defect lead %s, in either order',
    (code) => {
      const [defect, other] = [new Failure('unexpected', 'a'), new Failure(code, 'b')];
      expect(leading(defect, other)).toBe(defect);
      expect(leading(other, defect)).toBe(defect);
    },
  );

  test.each([
    [200, 300, 300],
    [undefined, 300, undefined],
    [200, undefined, undefined],
  ])(
    'of quick tries after %j and %j ms, and a longer Retry-After of the second, lets %j hold',
    (one, other, both) => {
      const first = new Failure('provider_throttled', 'a', { asks: { retryAfterMs: 200, quickTryMs: one } });
      const second = new Failure('provider_unavailable', 'b', {
        asks: { retryAfterMs: 300, quickTryMs: other },
      });
      expect(leading(first, second).asks.quickTryMs).toBe(both);
    },
  );

  test('keeps the quick try of the first where the Retry-After of the second is no longer', () => {
    const first = new Failure('provider_throttled', 'a', { asks: { retryAfterMs: 300, quickTryMs: 300 } });
    const second = new Failure('provider_unavailable', 'b', { asks: { retryAfterMs: 300 } });
    expect(leading(first, second)).toBe(first);
  });

  test.each([new TypeError('canary'), 'canary', undefined, null, { message: 'canary' }])(
    'takes %o for a defect, without its message',
    (error) => {
      const failure = asFailure(error);
      expect(failure).toMatchObject({ code: 'unexpected', cause: error });
      expect(failure.message).not.toContain('canary');
    },
  );
});
