import type { Bench } from './bench.ts';
import { type CallsRow, measureCalls } from './sections/calls.ts';
import { type ColdRow, measureCold } from './sections/cold.ts';
import { type GrowthRow, measureGrowth } from './sections/growth.ts';
import { type LatencyRow, measureLatency } from './sections/latency.ts';
import { measureWarm, type WarmRow } from './sections/warm.ts';

/** What was measured; sections that were not asked for are left out. */
export interface Results {
  readonly cold?: readonly ColdRow[];
  readonly warm?: readonly WarmRow[];
  readonly latency?: readonly LatencyRow[];
  readonly calls?: readonly CallsRow[];
  readonly growth?: readonly GrowthRow[];
}

const measure: Readonly<Record<keyof Results, (bench: Bench) => Promise<Results>>> = {
  cold: async (bench) => ({ cold: await measureCold(bench) }),
  warm: async (bench) => ({ warm: await measureWarm(bench) }),
  latency: async (bench) => ({ latency: await measureLatency(bench) }),
  calls: async (bench) => ({ calls: await measureCalls(bench) }),
  growth: async (bench) => ({ growth: await measureGrowth(bench) }),
};

export type Section = keyof Results;
export const SECTIONS: readonly Section[] = ['cold', 'warm', 'latency', 'calls', 'growth'];

export async function measureSections(sections: readonly Section[], bench: Bench): Promise<Results> {
  let results: Results = {};
  for (const section of sections) results = { ...results, ...(await measure[section](bench)) };
  return results;
}
