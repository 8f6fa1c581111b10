import { describe, expect, test } from 'vitest';
import { enter, isDue, leave, OPEN, type State, waitMsOf } from '../lib/connections/gate-state.ts';
import { type Asks, Failure, type FailureCode } from '../lib/records/failure.ts';

const MINUTE_MS = 60_000;
const START = 1_800_000_000_000;

/** One task: whose, what became of it, and how many minutes later. */
interface Step {
  readonly who?: string;
  readonly ends: FailureCode | 'well';
  readonly asks?: Asks;
  readonly afterMinutes?: number;
}

/** The state after each step, the tasks one after the other; those that are not let in change nothing. */
function statesAfter(...steps: readonly Step[]): State[] {
  let state = OPEN;
  let now = START;
  return steps.map(({ who = 'a', ends, asks = {}, afterMinutes = 0 }) => {
    now += afterMinutes * MINUTE_MS;
    const entered = enter(state, who, now);
    state = entered.state;
    const failure = ends === 'well' ? undefined : new Failure(ends, 'It failed.', { asks });
    if (entered.visit) state = leave(state, entered.visit, failure, now);
    return state;
  });
}

const names = (...steps: readonly Step[]) => statesAfter(...steps).map(({ name }) => name);
const last = (...steps: readonly Step[]) => statesAfter(...steps).at(-1) ?? OPEN;
const refused: Step = { ends: 'provider_unauthorized' };
const ownRefusal = (who: string): Step => ({
  who,
  ends: 'provider_unauthorized',
  asks: { ownRefusal: true },
});
const away = (who: string): Step => ({ who, ends: 'provider_unavailable' });

describe('The state of a connection', () => {
  test.each<readonly [string, readonly Step[], readonly State['name'][]]>([
    ['stays open after a success', [{ ends: 'well' }], ['open']],
    ['is paused by one refusal', [refused], ['paused']],
    ['is not paused by one request’s own refusals', [ownRefusal('a'), ownRefusal('a')], ['open', 'open']],
    ['is paused by two requests’ own refusals', [ownRefusal('a'), ownRefusal('b')], ['open', 'paused']],
    [
      'forgets a refusal after a success',
      [ownRefusal('a'), { ends: 'well' }, ownRefusal('b')],
      ['open', 'open', 'open'],
    ],
    [
      'forgets no refusal after an outage',
      [ownRefusal('a'), away('c'), ownRefusal('b')],
      ['open', 'open', 'paused'],
    ],
    [
      'is paused by the fifth failure in a row',
      ['a', 'a', 'a', 'a', 'b'].map(away),
      ['open', 'open', 'open', 'open', 'paused'],
    ],
    [
      'is not paused by five failures of one request',
      ['a', 'a', 'a', 'a', 'a', 'a'].map(away),
      ['open', 'open', 'open', 'open', 'open', 'open'],
    ],
    [
      'counts failures anew after a conflict',
      [...['a', 'b', 'a', 'b'].map(away), { ends: 'user_conflict' }, away('a')],
      ['open', 'open', 'open', 'open', 'open', 'open'],
    ],
    [
      'counts on over what shows nothing',
      [...['a', 'b', 'a', 'b'].map(away), { ends: 'out_of_time' }, ownRefusal('a'), away('a')],
      ['open', 'open', 'open', 'open', 'open', 'open', 'paused'],
    ],
    ['waits for its probe', [refused, { ends: 'well', afterMinutes: 0.9 }], ['paused', 'paused']],
    ['is opened by a probe that succeeds', [refused, { ends: 'well', afterMinutes: 1 }], ['paused', 'open']],
    [
      'is opened by a probe that meets a conflict',
      [refused, { ends: 'user_conflict', afterMinutes: 1 }],
      ['paused', 'open'],
    ],
    [
      'stays paused after a probe that fails',
      [refused, { ...away('b'), afterMinutes: 1 }, { ends: 'well', afterMinutes: 4 }],
      ['paused', 'paused', 'paused'],
    ],
    [
      'stays paused after a probe that shows nothing, and is probed again',
      [refused, { ends: 'unexpected', afterMinutes: 1 }, { ends: 'well' }],
      ['paused', 'paused', 'open'],
    ],
    [
      'is opened by the next after a probe that was refused as may be its own fault',
      [refused, { ...ownRefusal('poison'), afterMinutes: 1 }, { who: 'b', ends: 'well' }],
      ['paused', 'paused', 'open'],
    ],
  ])('%s', (_, steps, expected) => {
    expect(names(...steps)).toEqual(expected);
  });

  test('waits longer from probe to probe', () => {
    const probes = [1, 5, 15, 60, 60].map((afterMinutes) => ({ ...refused, afterMinutes }));
    const waits = statesAfter(refused, ...probes).map((state) => state.name !== 'open' && state.pause.waitMs);
    expect(waits).toEqual([1, 5, 15, 60, 60, 60].map((minutes) => minutes * MINUTE_MS));
  });

  test('waits as long as what paused it asks for, and twelve hours at most', () => {
    const wait = (retryAfterMs: number) => {
      const state = last({ ...refused, asks: { retryAfterMs } });
      return state.name !== 'open' && waitMsOf(state.pause, START);
    };
    expect(wait(MINUTE_MS / 2)).toBe(MINUTE_MS);
    expect(wait(90 * MINUTE_MS)).toBe(90 * MINUTE_MS);
    expect(wait(Number.POSITIVE_INFINITY)).toBe(12 * 60 * MINUTE_MS);
  });

  test('waits longer once two requests were refused as may be their own fault, and not for one', () => {
    const probe = (who: string, afterMinutes: number) => ({ ...ownRefusal(who), afterMinutes });
    const failedProbes = (...steps: readonly Step[]) => {
      const state = last(...steps);
      return state.name !== 'open' && state.pause.failedProbes;
    };
    expect(failedProbes(refused, probe('poison', 1), probe('poison', 1))).toBe(0);
    expect(failedProbes(refused, probe('poison', 1), probe('b', 0))).toBe(1);
    expect(failedProbes(ownRefusal('a'), ownRefusal('b'), probe('c', 1))).toBe(1);
  });

  test('lets in one probe only', () => {
    const probing = enter(last(refused), 'b', START + MINUTE_MS).state;
    expect(probing.name).toBe('probing');
    expect(enter(probing, 'c', START + 9 * MINUTE_MS)).toEqual({ state: probing });
  });

  test('remembers who paused it, and who probed it last', () => {
    expect(last({ ...refused, who: 'poison' })).toMatchObject({ pause: { by: 'poison' } });
    const probed = last({ ...refused, who: 'poison' }, { ...refused, who: 'b', afterMinutes: 1 });
    expect(probed).toMatchObject({ pause: { by: 'b', failedProbes: 1 } });
  });

  test.each([
    undefined,
    new Failure('provider_unauthorized', 'No.'),
    new Failure('provider_rejected', 'No.'),
  ])('learns nothing from what began in another era (%s)', (failure) => {
    const straggler = { who: 'early', era: OPEN.era };
    const paused = last(refused);
    const probing = enter(paused, 'b', START + MINUTE_MS).state;
    const healed = last(refused, { ends: 'well', afterMinutes: 1 });
    for (const state of [paused, probing, healed])
      expect(leave(state, straggler, failure, START)).toBe(state);
  });

  test('is paused neither less nor much longer where the clock goes back', () => {
    const earlier = START - 60 * MINUTE_MS;
    const { state } = enter(last(refused), 'b', earlier);
    if (state.name === 'open') throw new Error('it is open');
    expect(state.name).toBe('paused');
    expect(waitMsOf(state.pause, earlier)).toBe(MINUTE_MS);
    expect(isDue(state.pause, earlier + MINUTE_MS - 1)).toBe(false);
    expect(enter(state, 'b', earlier + MINUTE_MS).state.name).toBe('probing');
  });
});
