import { type Bench, takeTurns } from '../bench.ts';
import { type Contestant, type ContestantName, contestants } from '../contestants.ts';
import { type Running, run } from '../running.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** CPU a message as batches grow, in one process; nobody takes any time to answer. */
export interface GrowthRow {
  readonly name: ContestantName;
  readonly cells: readonly GrowthCell[];
}

export interface GrowthCell {
  readonly size: number;
  /** Microseconds a message; undefined where the process died. */
  readonly cpuUs?: Spread;
  /** The most records of a turn that were not finished, of `size` or 1,000, whatever is more. */
  readonly failed: number;
}

export const SIZES = [10, 100, 1_000, 10_000];
const MESSAGES = 1_000;
const WARM_UP = { batches: 200, size: 10 };
const NAMES: readonly ContestantName[] = ['usher', 'sdk-http', 'sdk-fetch', 'powertools'];

interface Sample {
  readonly size: number;
  readonly cpuUs?: number;
  readonly failed: number;
}

interface Entry {
  readonly contestant: Contestant;
  readonly running: Running;
  readonly samples: Sample[];
}

export async function measureGrowth(bench: Bench): Promise<GrowthRow[]> {
  const { stubs, requests, isQuick } = bench;
  const rounds = isQuick ? 1 : 3;
  await using processes = new AsyncDisposableStack();
  const entries: Entry[] = contestants
    .filter(({ name }) => NAMES.includes(name))
    .map((contestant) => {
      const running = processes.use(run(contestant, { environment: stubs.environment }));
      return { contestant, running, samples: [] };
    });
  await takeTurns(entries, 1, async ({ contestant, running }) => {
    bench.show(`growth, warming up: ${contestant.name}`);
    await running.turn({ first: requests(WARM_UP.batches * WARM_UP.size), ...WARM_UP });
  });
  for (const size of SIZES) {
    await takeTurns(entries, rounds, async ({ contestant, running, samples }, round) => {
      bench.show(`growth, batches of ${size}, round ${1 + round} of ${rounds}: ${contestant.name}`);
      await stubs.restart(0);
      samples.push(await sample(bench, running, size));
    });
  }
  return entries.map(({ contestant: { name }, samples }) => ({ name, cells: cellsOf(samples) }));
}

async function sample({ requests }: Bench, running: Running, size: number): Promise<Sample> {
  const batches = Math.max(1, MESSAGES / size);
  const outcome = await running.turn({ first: requests(batches * size), batches, size });
  const failed = outcome.failed.length;
  if ('died' in outcome) return { size, failed };
  return { size, failed, cpuUs: (1000 * outcome.cpuMs) / (batches * size) };
}

function cellsOf(samples: readonly Sample[]): GrowthCell[] {
  return [...Map.groupBy(samples, ({ size }) => size)].map(([size, taken]) => {
    const figures = taken.flatMap(({ cpuUs }) => cpuUs ?? []);
    return {
      size,
      ...(figures.length > 0 && { cpuUs: spreadOf(figures) }),
      failed: Math.max(...taken.map(({ failed }) => failed)),
    };
  });
}
