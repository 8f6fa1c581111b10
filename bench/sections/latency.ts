import { type Bench, takeTurns } from '../bench.ts';
import { type Contestant, type ContestantName, workers } from '../contestants.ts';
import { type Running, run } from '../running.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import { TIMEOUT_MS } from '../turn.ts';

/** One batch while the provider takes its time. */
export interface LatencyRow {
  readonly name: ContestantName;
  readonly cells: readonly LatencyCell[];
}

export interface LatencyCell {
  readonly size: number;
  readonly latencyMs: number;
  /** Of the batches that ended by themselves; undefined where there is none. */
  readonly wallMs?: Spread;
  /** The most records of a batch that were not finished. */
  readonly failed: number;
  /** How the worst batch ended; `hopeless` was not tried, as a tenth of it had shown that it exceeds the time-out. */
  readonly end: 'answered' | 'timed out' | 'died' | 'hopeless';
}

type Sample = Omit<LatencyCell, 'wallMs' | 'size' | 'latencyMs'> & { readonly wallMs?: number };

export const SIZES = [10, 100, 1_000];
export const LATENCIES_MS = [50, 200];
const SLOW_MS = 4_000;
const WARM_UP = { batches: 10, size: 10 };

interface Entry {
  readonly contestant: Contestant;
  readonly running: Running;
  /** By latency and size. */
  readonly samples: Map<string, Sample[]>;
}

export async function measureLatency(bench: Bench): Promise<LatencyRow[]> {
  const rounds = bench.isQuick ? 1 : 7;
  await using processes = new AsyncDisposableStack();
  const entries: Entry[] = workers.map((contestant) => {
    const running = processes.use(run(contestant, { environment: bench.stubs.environment }));
    return { contestant, running, samples: new Map() };
  });
  for (const latencyMs of LATENCIES_MS) {
    for (const size of SIZES) {
      await takeTurns(entries, rounds, async (entry, round) => {
        bench.show(
          `batches of ${size} at ${latencyMs} ms, round ${1 + round} of ${rounds}: ${entry.contestant.name}`,
        );
        await sample(bench, entry, size, latencyMs);
      });
    }
  }
  return entries.map(({ contestant, samples }) => ({ name: contestant.name, cells: cellsOf(samples) }));
}

async function sample(bench: Bench, entry: Entry, size: number, latencyMs: number): Promise<void> {
  const taken = entry.samples.get(keyOf(size, latencyMs)) ?? [];
  entry.samples.set(keyOf(size, latencyMs), taken);
  // What takes so long hardly varies.
  if (taken.some(({ wallMs = TIMEOUT_MS }) => wallMs > SLOW_MS)) return;
  const tenth = entry.samples.get(keyOf(size / 10, latencyMs))?.[0]?.wallMs ?? 0;
  if (tenth * 10 > 2 * TIMEOUT_MS) taken.push({ failed: size, end: 'hopeless' });
  else taken.push(await runBatch(bench, entry.running, size, latencyMs));
}

async function runBatch(bench: Bench, running: Running, size: number, latencyMs: number): Promise<Sample> {
  const { stubs, requests } = bench;
  await stubs.restart(0);
  // Each time, as the process may be a new one.
  await running.turn({ first: requests(WARM_UP.batches * WARM_UP.size), ...WARM_UP });
  await stubs.restart(latencyMs);
  const outcome = await running.turn({ first: requests(size), batches: 1, size });
  const failed = outcome.failed.length;
  if ('died' in outcome) return { failed, end: 'died' };
  if (outcome.timedOut) return { failed, end: 'timed out' };
  return { failed, end: 'answered', wallMs: outcome.wallMs };
}

function cellsOf(samples: Entry['samples']): LatencyCell[] {
  return LATENCIES_MS.flatMap((latencyMs) =>
    SIZES.map((size) => {
      const taken = samples.get(keyOf(size, latencyMs)) ?? [];
      const walls = taken.flatMap(({ wallMs }) => wallMs ?? []);
      const worst = taken.find(({ end }) => end !== 'answered');
      return {
        size,
        latencyMs,
        ...(walls.length > 0 && { wallMs: spreadOf(walls) }),
        failed: Math.max(...taken.map(({ failed }) => failed)),
        end: worst?.end ?? 'answered',
      };
    }),
  );
}

function keyOf(size: number, latencyMs: number): string {
  return `${size} at ${latencyMs}`;
}
