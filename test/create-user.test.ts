import { expect, it } from 'vitest';
import { vectara } from '../lib/providers/vectara.ts';
import { Failure } from '../lib/records/failure.ts';
import { noDurations } from '../lib/telemetry/durations.ts';
import { createUser } from '../lib/users/create-user.ts';
import { clockOf } from './clocks.ts';

it.each([
  [0, 200],
  [0.5, 300],
  [0.75, 350],
])(
  'A quick try waits as long as the failure says and up to as long again (chance %d: %d ms)',
  async (chance, waitMs) => {
    const blip = new Failure('provider_unavailable', 'It was away.', { asks: { quickTryMs: 200 } });
    const slept: number[] = [];
    const made = createUser({
      provider: vectara,
      user: { username: 'ada', email: 'ada@example.com' },
      connection: {
        call: async () => {
          throw blip;
        },
      },
      allowedRoles: [],
      receives: 1,
      remote: 'absent',
      expiresAt: undefined,
      deadline: 60_000,
      durations: noDurations(),
      clock: clockOf({ sleep: async (ms) => void slept.push(ms), random: () => chance }),
    });
    await expect(made).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(slept).toEqual([waitMs, waitMs]);
  },
);
