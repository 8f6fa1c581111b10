import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LeapingClock extends AsyncDisposable {
  /** The variables of a function whose wall clock leaps. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts the wall clock of all its containers forward, once. */
  leap(): Promise<void>;
}

/** Lets so much time go by in the containers of a function, at a moment of one's choice; Lambda's deadlines stay. */
export async function createLeapingClock(leapMs: number): Promise<LeapingClock> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-clock-'));
  const file = join(folder, 'leapt');
  return {
    environment: {
      CLOCK_LEAP_FILE: file,
      CLOCK_LEAP_MS: String(leapMs),
      NODE_OPTIONS: `--import ${new URL('./leaping-clock.mjs', import.meta.url).href}`,
    },
    leap: () => writeFile(file, ''),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
