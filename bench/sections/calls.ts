import { costOf, LAMBDA_LOGS, PRICES, tieredCostOf } from '../../cli/cost/prices.ts';
import { type Bench, takeTurns } from '../bench.ts';
import { type Contestant, type ContestantName, workers } from '../contestants.ts';
import { type RunOptions, run } from '../running.ts';
import type { Tally } from '../stubs.ts';

/** What a million requests, in batches of ten, come to. */
export interface CallsRow {
  readonly name: ContestantName;
  /** Calls per 1,000 requests, the first reading of the secret included. */
  readonly per1000: Readonly<Record<CallKind, number>>;
  /** Bytes a request. */
  readonly logBytes: number;
  /** Of an invocation with ten requests, while the provider takes 50 ms. */
  readonly invocationMs: number;
  readonly dollarsPerMillion: Readonly<
    Record<'lambda' | 'sqs' | 'secretsManager' | 'dynamoDb' | 'logs' | 'total', number>
  >;
}

export type CallKind = 'provider' | 'sqsSends' | 'secretsManager' | 'dynamoDb';

const SIZE = 10;
const BATCHES = 100;
const LATENCY_MS = 50;
const TIMED_BATCHES = 10;

export async function measureCalls(bench: Bench): Promise<CallsRow[]> {
  const rows: CallsRow[] = [];
  await takeTurns(workers, 1, async (contestant) => {
    bench.show(`calls of 1,000 requests: ${contestant.name}`);
    rows.push(await rowOf(bench, contestant));
  });
  return rows;
}

async function rowOf(bench: Bench, contestant: Contestant): Promise<CallsRow> {
  const { stubs, requests } = bench;
  let logged = 0;
  const options: RunOptions = {
    environment: stubs.environment,
    onLog: (bytes) => {
      logged += bytes;
    },
  };
  let tally: Tally;
  let invocationMs: number;
  {
    await using running = run(contestant, options);
    await stubs.restart(0);
    await running.turn({ first: requests(SIZE * BATCHES), batches: BATCHES, size: SIZE });
    tally = await stubs.restart(LATENCY_MS);
    const timed = await running.turn({
      first: requests(SIZE * TIMED_BATCHES),
      batches: TIMED_BATCHES,
      size: SIZE,
    });
    if ('died' in timed) throw new Error(`${contestant.name} died.`);
    invocationMs = timed.wallMs / TIMED_BATCHES;
  }
  const calls = callsOf(tally);
  const logBytes = logged / (SIZE * (BATCHES + TIMED_BATCHES));
  return {
    name: contestant.name,
    per1000: calls,
    logBytes,
    invocationMs,
    dollarsPerMillion: dollarsOf(calls, logBytes, invocationMs),
  };
}

function callsOf({ aws: { calls }, provider }: Tally): Record<CallKind, number> {
  const sum = (...names: string[]) => names.reduce((total, name) => total + (calls[name] ?? 0), 0);
  return {
    provider: provider.calls,
    sqsSends: sum('SendMessage', 'SendMessageBatch'),
    secretsManager: sum('GetSecretValue'),
    dynamoDb: sum('PutItem', 'UpdateItem', 'DeleteItem'),
  };
}

/** memoryMb of serverless.yml. */
const MEMORY_GB = 0.5;

function dollarsOf(calls: Record<CallKind, number>, logBytes: number, invocationMs: number) {
  const million = 1_000_000;
  const invocations = million / SIZE;
  const perMillion = (kind: CallKind) => calls[kind] * 1_000;
  // Lambda's own polling: a receive and a delete for each batch.
  const sqsCalls = perMillion('sqsSends') + 2 * invocations;
  const gbSeconds = ((invocations * invocationMs) / 1000) * MEMORY_GB;
  const parts = {
    lambda: costOf(invocations, PRICES.lambdaRequest) + costOf(gbSeconds, PRICES.lambdaArmGbSecond),
    sqs: costOf(sqsCalls, PRICES.sqsRequest),
    secretsManager: costOf(perMillion('secretsManager'), PRICES.secretsManagerCall),
    dynamoDb: costOf(perMillion('dynamoDb'), PRICES.dynamodbWrite),
    logs: tieredCostOf((million * logBytes) / 1e9, LAMBDA_LOGS),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}
