import { ASSUMED } from './assumptions.ts';
import type { Deployment } from './deployment.ts';
import type { Measurement, Run } from './measurement.ts';
import { costOf, LAMBDA_LOGS, PRICES, type Price, tieredCostOf } from './prices.ts';

/** All that a month's bill is computed from. */
export interface Usage {
  /** In the month. */
  readonly requests: number;
  readonly measurement: Measurement;
  readonly deployment: Deployment;
  /** Connections in use; each has a secret. */
  readonly connections: number;
  readonly customMetrics: number;
}

export type Filling = 'oneRecord' | 'fullBatches';

/** Who or what an item of the bill belongs to. */
export type Part = 'lambda' | 'queues' | 'secrets' | 'telemetry';

/** A line of the bill. */
export interface Item {
  readonly part: Part;
  readonly name: string;
  readonly amount: number;
  readonly usd: number;
  /** Whether it stays the same for any number of requests. */
  readonly isFixed: boolean;
}

export interface Month {
  readonly recordsPerBatch: number;
  /** Of a warm invocation, in whole milliseconds. */
  readonly billedMs: number;
  /** How much more a cold start takes than a warm invocation. */
  readonly coldStartMs: number;
  readonly items: readonly Item[];
  readonly usd: number;
  readonly fixedUsd: number;
  /** What this many containers can handle in a month without a queue, in requests. */
  readonly mostRequests: number;
}

const GB = 2 ** 30;

/** The bill of a month in which every batch is filled alike. */
export function monthOf(usage: Usage, filling: Filling): Month {
  const { requests, measurement, deployment } = usage;
  const run = measurement[filling];
  const recordsPerBatch = run.requests / run.invocations;
  const invocations = requests / recordsPerBatch;
  const coldStarts = Math.min(invocations, Math.max(1, invocations * ASSUMED.coldStartShare));
  const billedMs = billedWarmMs(usage, run);
  const coldStartMs = billedColdMs(usage) - billedMs;
  const gbSeconds = (ms: number) => (ms / 1000) * (deployment.memoryMb / 1024);

  const items = [
    item('lambda', 'Lambda requests', invocations, PRICES.lambdaRequest),
    item('lambda', 'Lambda duration, GB-s', invocations * gbSeconds(billedMs), PRICES.lambdaArmGbSecond),
    item('lambda', 'Lambda cold starts, GB-s', coldStarts * gbSeconds(coldStartMs), PRICES.lambdaArmGbSecond),
    ...queueItems(usage, run, invocations),
    fixed('secrets', 'Secrets', usage.connections, PRICES.secretMonth),
    item('secrets', 'Secret reads', secretReads(usage, coldStarts), PRICES.secretsManagerCall),
    ...logItems(usage, run, invocations),
    fixed('telemetry', 'Custom metrics', usage.customMetrics, PRICES.customMetric),
    fixed('telemetry', 'Metrics of alarms', deployment.alarmMetrics, PRICES.alarmMetric),
    fixed('telemetry', 'Dashboards', deployment.dashboards, PRICES.dashboard),
  ];
  return {
    ...{ recordsPerBatch, billedMs, coldStartMs, items },
    usd: totalOf(items),
    fixedUsd: totalOf(items.filter(({ isFixed }) => isFixed)),
    mostRequests:
      ((ASSUMED.monthSeconds * 1000) / billedMs) * deployment.maximumConcurrency * recordsPerBatch,
  };
}

export function totalOf(items: readonly Item[]): number {
  return items.reduce((sum, { usd }) => sum + usd, 0);
}

/** A line of the bill that grows with the requests. */
export function item(part: Part, name: string, amount: number, price: Price): Item {
  return { part, name, amount, usd: costOf(amount, price), isFixed: false };
}

function fixed(part: Part, name: string, amount: number, price: Price): Item {
  return { ...item(part, name, amount, price), isFixed: true };
}

/** A warm invocation waits for the provider, then for SQS to take the outcome; whatever else it does is computing. */
function billedWarmMs({ measurement, deployment }: Usage, { durationMs }: Run): number {
  const waitingMs = measurement.providerMs + measurement.awsMs;
  return billed(waitingMs, durationMs - waitingMs, deployment.memoryMb);
}

/** A fresh container computes first, and waits also for its secret and its OAuth token. */
function billedColdMs({ measurement, deployment }: Usage): number {
  const { initMs, firstMs } = measurement.coldStarts;
  const waitingMs = 2 * measurement.providerMs + 2 * measurement.awsMs;
  return billed(waitingMs, initMs + firstMs - waitingMs, deployment.memoryMb);
}

/** Lambda gives processor time by memory: computing takes so much longer there than on a whole core here. */
function billed(waitingMs: number, computingMs: number, memoryMb: number): number {
  const vcpus = Math.min(1, memoryMb / ASSUMED.memoryMbOfOneVcpu);
  return Math.ceil(waitingMs + Math.max(0, computingMs) / vcpus);
}

function queueItems({ requests, deployment }: Usage, run: Run, invocations: number): Item[] {
  const calls = run.outcomeCalls + run.deleteCalls + run.visibilityCalls;
  // Whoever asked sends each request by itself, and reads outcomes as they come out: a receive and a delete.
  const yours = requests + 2 * invocations;
  // A receive for each batch, besides those that wait for one.
  const ushers = invocations * (1 + calls / run.invocations);
  const { pollersOfAQueue, longPollSeconds, monthSeconds } = ASSUMED;
  const polls = deployment.polledQueues * pollersOfAQueue * (monthSeconds / longPollSeconds);
  return [
    item('queues', 'SQS: send requests, read outcomes', yours, PRICES.sqsRequest),
    item('queues', 'SQS: read requests, send outcomes', ushers, PRICES.sqsRequest),
    fixed('queues', 'SQS: polling for work', polls, PRICES.sqsRequest),
  ];
}

/** At most: every container is there all month and reads every secret again as soon as it may. */
function secretReads({ requests, deployment, connections }: Usage, coldStarts: number): number {
  const periods = ASSUMED.monthSeconds / ASSUMED.secretTtlSeconds;
  const reads = (deployment.maximumConcurrency * periods + coldStarts) * connections;
  return Math.min(requests, reads);
}

function logItems({ deployment }: Usage, run: Run, invocations: number): Item[] {
  const { platformBytes, platformLines, logLineOverheadBytes, monthSeconds } = ASSUMED;
  const ingested = (invocations * (run.logBytes / run.invocations + platformBytes)) / GB;
  const compressed = ingested * (run.logGzipBytes / run.logBytes);
  const overhead =
    (invocations * (run.logLines / run.invocations + platformLines) * logLineOverheadBytes) / GB;
  const months = (deployment.logRetentionDays * 24 * 3600) / monthSeconds;
  const part = 'telemetry';
  const usd = tieredCostOf(ingested, LAMBDA_LOGS);
  return [
    { part, name: 'Log ingestion, GB', amount: ingested, usd, isFixed: false },
    item(part, 'Log storage, GB-months', (compressed + overhead) * months, PRICES.logStorage),
  ];
}
