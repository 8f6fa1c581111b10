import { describe, expect, it } from 'vitest';
import type { Exchange } from '../lib/calls/exchange.ts';
import { createTokenSource } from '../lib/connections/token.ts';
import { Failure, type FailureParts } from '../lib/records/failure.ts';
import { clockOf } from './clocks.ts';

const MINUTE_MS = 60_000;
const CLIENT = { clientId: 'id', clientSecret: 'secret', tokenUrl: 'http://localhost' };

/** Tokens `token-1`, `token-2`, … of an endpoint that answers with `answer` besides. */
function open(answer: object = {}) {
  const at = { now: 0, calls: 0 };
  const exchange: Exchange = async ({ read }) => {
    at.calls += 1;
    const body = { access_token: `token-${at.calls}`, ...answer };
    const value = read({ method: 'POST', status: 200, headers: {}, body });
    if (value === undefined) throw new Failure('provider_invalid_response', 'not understood');
    return value;
  };
  const clock = clockOf({ now: () => at.now });
  return { at, tokens: createTokenSource({ exchange, clock, client: CLIENT }) };
}

describe('A token', () => {
  it.each([
    ['an hour', 3_600, 3_480],
    ['twenty minutes', 1_200, 1_080],
    ['ten minutes', 600, 540],
    ['a hundred seconds', 100, 90],
    ['half a second', 0.5, 0.45],
    ['told as a text', '100', 90],
    ['beyond all measure', 1e300, 1e12],
    ['not told', undefined, 270],
    ['null', null, 270],
    ['nothing', 0, 270],
    ['nothing as a text', '0', 270],
    ['negative', -1, 270],
    ['negative as a text', '-600', 270],
    ['beyond all numbers', Number.POSITIVE_INFINITY, 270],
    ['beyond all numbers as a text', '9'.repeat(400), 270],
    ['a word', 'soon', 270],
    ['told with a unit', '600s', 270],
    ['told in other words', 'PT600', 270],
    ['true', true, 270],
    ['a list', [600], 270],
  ])('whose lifetime is %s (%j) is used for %d seconds', async (_, expires_in, seconds) => {
    const { at, tokens } = open({ expires_in });
    at.now = 1_000_000;
    expect(await tokens.get()).toBe('token-1');
    at.now += seconds * 1_000 - 1;
    expect(await tokens.get()).toBe('token-1');
    if (seconds === 1e12) return;
    at.now += 1;
    expect(await tokens.get()).toBe('token-2');
  });

  it('of a hundred seconds costs one call in ninety, however many requests there are', async () => {
    const { at, tokens } = open({ expires_in: 100 });
    for (; at.now < 90_000; at.now += 1_000) await tokens.get();
    expect(at.calls).toBe(1);
  });

  it('is replaced when the wall clock has gone back', async () => {
    const { at, tokens } = open({ expires_in: 3_600 });
    at.now = 60 * MINUTE_MS;
    await tokens.get();
    at.now -= 1;
    expect(await tokens.get()).toBe('token-2');
    at.now += MINUTE_MS;
    expect(await tokens.get()).toBe('token-2');
  });

  it('is replaced once for all to whom it was refused', async () => {
    const { at, tokens } = open({ expires_in: 3_600 });
    const refused = await tokens.get();
    const fresh = await Promise.all(Array.from({ length: 10 }, () => tokens.get(refused)));
    expect(new Set([...fresh, await tokens.get(refused)])).toEqual(new Set(['token-2']));
    expect(at.calls).toBe(2);
  });

  it.each(['', 'a b', 'a\r\nx-admin: 1', 7, null, undefined])(
    'that no header can hold (%j) is not understood',
    async (access_token) => {
      await expect(open({ access_token }).tokens.get()).rejects.toMatchObject({
        code: 'provider_invalid_response',
      });
    },
  );
});

describe('A call of the token endpoint', () => {
  const failing = (code: Failure['code'], parts: FailureParts) => {
    const exchange: Exchange = async () => {
      throw new Failure(code, 'No.', parts);
    };
    return createTokenSource({ exchange, clock: clockOf(), client: CLIENT }).get();
  };

  it.each([400, 401, 402, 403, 404, 405, 407, 409, 410, 412, 418, 421, 422, 425, 451, 499])(
    'that is answered with %d is refused for everyone, until the operator mends it',
    async (httpStatus) => {
      const failure = failing('provider_rejected', { told: { httpStatus }, asks: { doubtful: true } });
      await expect(failure).rejects.toMatchObject({
        ...{ code: 'provider_unauthorized', told: { httpStatus } },
        asks: { retryAfterMs: undefined, quickTryMs: undefined },
      });
    },
  );

  it.each([
    ['provider_unavailable', 408, 'provider_unavailable'],
    ['provider_throttled', 429, 'provider_throttled'],
    ['provider_unavailable', 500, 'provider_unavailable'],
    ['provider_rejected', 501, 'provider_unavailable'],
    ['provider_invalid_response', 302, 'provider_invalid_response'],
    ['provider_unavailable', undefined, 'provider_unavailable'],
    ['out_of_time', undefined, 'out_of_time'],
  ] as const)('that fails as %s (%s) fails as %s', async (code, httpStatus, told) => {
    await expect(failing(code, { told: { httpStatus } })).rejects.toMatchObject({ code: told });
  });

  it('that fails leaves no doubt of the user, and asks for nothing but to wait', async () => {
    const asks = { retryAfterMs: 7, quickTryMs: 5 };
    const failure = failing('provider_unavailable', {
      asks: { ...asks, doubtful: true, pausedBy: 'unexpected' },
    });
    expect(await failure.catch(({ asks }) => asks)).toEqual(asks);
  });
});
