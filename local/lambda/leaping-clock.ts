import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface LeapingClock extends AsyncDisposable {
  /** The variables of a function whose wall clock leaps. */
  readonly environment: Readonly<Record<string, string>>;
  /** Puts the wall clock of all its containers forward by so much more. */
  leap(ms: number): Promise<void>;
}

/** Lets time go by in the containers of a function, at moments of one's choice; Lambda's deadlines stay. */
export async function createLeapingClock(): Promise<LeapingClock> {
  const folder = await mkdtemp(join(tmpdir(), 'usher-clock-'));
  const file = join(folder, 'ahead');
  let aheadMs = 0;
  const write = async () => {
    // A container that reads meanwhile sees the one or the other, and never half of it.
    await writeFile(`${file}.new`, String(aheadMs));
    await rename(`${file}.new`, file);
  };
  await write();
  return {
    environment: {
      CLOCK_LEAP_FILE: file,
      NODE_OPTIONS: `--import ${new URL('./leaping-clock.mjs', import.meta.url).href}`,
    },
    async leap(ms) {
      aheadMs += ms;
      await write();
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
