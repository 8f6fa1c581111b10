import { stat } from 'node:fs/promises';
import { type Bench, takeTurns } from '../bench.ts';
import { type Contestant, type ContestantName, contestants } from '../contestants.ts';
import { runOnce } from '../running.ts';
import { type Spread, spreadOf } from '../statistics.ts';

/** A fresh process until its first record is done. */
export interface ColdRow {
  readonly name: ContestantName;
  readonly bytes: number;
  readonly importMs: Spread;
  /** From the process's start. */
  readonly firstRecordMs: Spread;
  readonly cpuMs: Spread;
  readonly maxRssMib: Spread;
}

type Sample = Record<'importMs' | 'firstRecordMs' | 'cpuMs' | 'maxRssMib', number>;

export async function measureCold(bench: Bench): Promise<ColdRow[]> {
  const rounds = bench.isQuick ? 5 : 25;
  const samples = new Map<Contestant, Sample[]>(contestants.map((one) => [one, []]));
  // The first round fills the caches of the file system.
  await takeTurns(contestants, 1 + rounds, async (contestant, round) => {
    bench.show(`cold start, round ${round} of ${rounds}: ${contestant.name}`);
    const sample = await startOnce(bench, contestant);
    if (round > 0) samples.get(contestant)?.push(sample);
  });
  return Promise.all(contestants.map((one) => rowOf(one, samples.get(one) ?? [])));
}

async function startOnce({ stubs, requests }: Bench, contestant: Contestant): Promise<Sample> {
  await stubs.restart(0);
  const turn = { first: requests(1), batches: 1, size: 1 };
  const ready = await runOnce(contestant, turn, { environment: stubs.environment });
  if (ready?.took === undefined || ready.took.failed.length > 0)
    throw new Error(`${contestant.name} did not finish its first record.`);
  const { importMs, cpuMs, took } = ready;
  return { importMs, cpuMs, firstRecordMs: took.sinceStartMs, maxRssMib: took.maxRssMib };
}

async function rowOf({ name, file }: Contestant, samples: readonly Sample[]): Promise<ColdRow> {
  const spread = (key: keyof Sample) => spreadOf(samples.map((sample) => sample[key]));
  return {
    name,
    bytes: (await stat(file)).size,
    importMs: spread('importMs'),
    firstRecordMs: spread('firstRecordMs'),
    cpuMs: spread('cpuMs'),
    maxRssMib: spread('maxRssMib'),
  };
}
