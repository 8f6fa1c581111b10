import type { ContestantName } from './contestants.ts';
import type { Results } from './results.ts';

/** What Usher wants to be, beside what it is; both are upper bounds and mostly ratios within one run. */
export interface Target {
  readonly subject: string;
  readonly unit: '×' | 'KiB' | 'records' | 'calls';
  readonly limit: number;
  readonly figure: number;
}

const KIB = 1024;
const CALLS_IN_FLIGHT = 10;

/** The targets of the sections that were measured. */
export function targetsOf({ cold, warm, latency, calls, growth }: Results): Target[] {
  const targets: Target[] = [];
  const expect = (subject: string, unit: Target['unit'], limit: number, figure: number | undefined) => {
    if (figure !== undefined) targets.push({ subject, unit, limit, figure });
  };

  const firstRecord = (name: ContestantName) => rowOf(cold, name)?.firstRecordMs.median;
  expect(
    'cold, first record done ÷ SDK + `fetch`',
    '×',
    0.9,
    ratio(firstRecord('usher'), firstRecord('sdk-fetch')),
  );
  expect(
    'cold, first record done ÷ Powertools',
    '×',
    0.65,
    ratio(firstRecord('usher'), firstRecord('powertools')),
  );
  expect('bundle', 'KiB', 400, ratio(rowOf(cold, 'usher')?.bytes, KIB));

  const cpu = (name: ContestantName) => rowOf(warm, name)?.cpuUs.median;
  expect('warm, CPU a message ÷ SDK + `fetch`', '×', 0.65, ratio(cpu('usher'), cpu('sdk-fetch')));
  expect('warm, CPU a message ÷ Powertools', '×', 0.3, ratio(cpu('usher'), cpu('powertools')));

  const batch = (size: number) =>
    rowOf(latency, 'usher')?.cells.find((cell) => cell.size === size && cell.latencyMs === 50);
  expect('batch of 10 at 50 ms ÷ one latency', '×', 1.1, ratio(batch(10)?.wallMs?.median, 50));
  expect('batch of 1,000 at 50 ms with 1,024 descriptors, not finished', 'records', 0, batch(1_000)?.failed);
  expect(
    'batch of 1,000 at 50 ms ÷ (1,000 ÷ calls in flight) × latency',
    '×',
    1.3,
    ratio(batch(1_000)?.wallMs?.median, (1_000 / CALLS_IN_FLIGHT) * 50),
  );

  const per1000 = rowOf(calls, 'usher')?.per1000;
  expect('SQS sends per 1,000 requests in tens', 'calls', 110, per1000?.sqsSends);
  expect('Secrets Manager per 1,000 requests', 'calls', 1, per1000?.secretsManager);

  const grown = (size: number) =>
    rowOf(growth, 'usher')?.cells.find((cell) => cell.size === size)?.cpuUs?.median;
  expect('CPU a message in batches of 10,000 ÷ of 10', '×', 1.2, ratio(grown(10_000), grown(10)));
  return targets;
}

export function isMet({ figure, limit }: Target): boolean {
  return figure <= limit;
}

function rowOf<Row extends { readonly name: ContestantName }>(
  rows: readonly Row[] | undefined,
  name: ContestantName,
): Row | undefined {
  return rows?.find((row) => row.name === name);
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}
