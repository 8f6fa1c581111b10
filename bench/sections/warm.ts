import { type Bench, takeTurns } from '../bench.ts';
import { type Contestant, type ContestantName, contestants } from '../contestants.ts';
import { type Running, run } from '../running.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import type { Took } from '../turn.ts';

/** Batches of ten in a process that has run for a while; nobody takes any time to answer. */
export interface WarmRow {
  readonly name: ContestantName;
  /** Microseconds a message. */
  readonly cpuUs: Spread;
  /** Microseconds a message. */
  readonly wallUs: Spread;
  readonly maxRssMib: number;
}

const SIZE = 10;
const WARM_UP_BATCHES = 200;
const BATCHES = 50;

interface Entry {
  readonly contestant: Contestant;
  readonly running: Running;
  readonly taken: Took[];
}

export async function measureWarm(bench: Bench): Promise<WarmRow[]> {
  const { stubs, isQuick } = bench;
  const rounds = isQuick ? 5 : 15;
  await using processes = new AsyncDisposableStack();
  const entries: Entry[] = contestants.map((contestant) => {
    const running = processes.use(run(contestant, { environment: stubs.environment }));
    return { contestant, running, taken: [] };
  });
  await takeTurns(entries, 1 + rounds, async (entry, round) => {
    bench.show(`warm, round ${round} of ${rounds}: ${entry.contestant.name}`);
    await stubs.restart(0);
    const took = await runBatches(bench, entry, round === 0 ? WARM_UP_BATCHES : BATCHES);
    if (round > 0) entry.taken.push(took);
  });
  return entries.map(rowOf);
}

async function runBatches(bench: Bench, { contestant, running }: Entry, batches: number): Promise<Took> {
  const outcome = await running.turn({ first: bench.requests(batches * SIZE), batches, size: SIZE });
  if ('died' in outcome || outcome.failed.length > 0)
    throw new Error(`${contestant.name} did not finish ${outcome.failed.length} records.`);
  return outcome;
}

function rowOf({ contestant: { name }, taken }: Entry): WarmRow {
  const usPerMessage = (ms: number) => (1000 * ms) / (BATCHES * SIZE);
  return {
    name,
    cpuUs: spreadOf(taken.map(({ cpuMs }) => usPerMessage(cpuMs))),
    wallUs: spreadOf(taken.map(({ wallMs }) => usPerMessage(wallMs))),
    maxRssMib: Math.max(...taken.map(({ maxRssMib }) => maxRssMib)),
  };
}
