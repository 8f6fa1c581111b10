import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { alternativesOf } from '../cli/cost/alternatives.ts';
import { customMetrics, USUAL_FAILURES } from '../cli/cost/custom-metrics.ts';
import type { Deployment } from '../cli/cost/deployment.ts';
import { measure } from '../cli/cost/measure.ts';
import type { Measurement } from '../cli/cost/measurement.ts';
import { median } from '../cli/cost/meter.ts';
import { monthOf, type Usage } from '../cli/cost/month.ts';
import { LAMBDA_LOGS, PRICES, tieredCostOf } from '../cli/cost/prices.ts';
import { reportOf } from '../cli/cost/report.ts';
import { systemClock } from '../lib/clock.ts';
import { providers } from '../lib/providers/index.ts';
import { createMetrics, type MetricDimensions, type MetricName } from '../lib/telemetry/metrics.ts';

const script = fileURLToPath(new URL('../cli/cost/cost.ts', import.meta.url));
const recorded = fileURLToPath(new URL('../docs/cost.json', import.meta.url));

/** A function with one whole vCPU, whose warm invocations compute for 20 ms beside waiting. */
const measurement: Measurement = {
  ...{ date: '2026-11-22', providerMs: 300, awsMs: 10 },
  oneRecord: {
    ...{ requests: 100, invocations: 100, durationMs: 330 },
    ...{ outcomeCalls: 100, deleteCalls: 100, visibilityCalls: 0 },
    ...{ logLines: 300, logBytes: 62_400, logGzipBytes: 6_240 },
  },
  fullBatches: {
    ...{ requests: 1_000, invocations: 100, durationMs: 390 },
    ...{ outcomeCalls: 200, deleteCalls: 100, visibilityCalls: 0 },
    ...{ logLines: 1_300, logBytes: 300_000, logGzipBytes: 30_000 },
  },
  coldStarts: { count: 3, initMs: 100, firstMs: 670 },
};
const deployment: Deployment = {
  ...{ memoryMb: 2_048, batchSize: 10, maximumConcurrency: 5, polledQueues: 2, logRetentionDays: 30 },
  ...{ alarmMetrics: 9, dashboards: 1 },
};
const usage: Usage = { requests: 1_000_000, measurement, deployment, connections: 2, customMetrics: 23 };

function amounts({ items }: ReturnType<typeof monthOf>): Record<string, number> {
  return Object.fromEntries(items.map(({ name, amount }) => [name, Math.round(amount * 100) / 100]));
}

function dollars({ items }: ReturnType<typeof monthOf>): Record<string, number> {
  return Object.fromEntries(items.map(({ name, usd }) => [name, Math.round(usd * 100) / 100]));
}

describe('A month', () => {
  it('is computed line by line where each batch has one record', () => {
    const month = monthOf(usage, 'oneRecord');
    expect(month).toMatchObject({ recordsPerBatch: 1, billedMs: 330, coldStartMs: 440 });
    expect(amounts(month)).toEqual({
      'Lambda requests': 1_000_000,
      // 0.33 s and, for one in a hundred, 0.44 s more, of 2 GB.
      'Lambda duration, GB-s': 660_000,
      'Lambda cold starts, GB-s': 8_800,
      'SQS: send requests, read outcomes': 3_000_000,
      'SQS: read requests, send outcomes': 3_000_000,
      // Two queues, five pollers, 2,628,000 s / 20 s.
      'SQS: polling for work': 1_314_000,
      Secrets: 2,
      // Five containers and 8,760 times five minutes, and 10,000 cold starts, of two secrets.
      'Secret reads': 107_600,
      // 624 bytes of Usher's and 400 of Lambda's.
      'Log ingestion, GB': 0.95,
      'Log storage, GB-months': 0.21,
      'Custom metrics': 23,
      'Metrics of alarms': 9,
      Dashboards: 1,
    });
    expect(dollars(month)).toEqual({
      'Lambda requests': 0.2,
      'Lambda duration, GB-s': 8.8,
      'Lambda cold starts, GB-s': 0.12,
      'SQS: send requests, read outcomes': 1.2,
      'SQS: read requests, send outcomes': 1.2,
      'SQS: polling for work': 0.53,
      Secrets: 0.8,
      'Secret reads': 0.54,
      'Log ingestion, GB': 0.48,
      'Log storage, GB-months': 0.01,
      'Custom metrics': 6.9,
      'Metrics of alarms': 0.9,
      Dashboards: 3,
    });
    expect(month.usd).toBeCloseTo(24.66, 1);
    expect(month.fixedUsd).toBeCloseTo(0.53 + 0.8 + 6.9 + 0.9 + 3, 2);
  });

  it('needs a tenth of the invocations and the calls that go with them where batches are full', () => {
    expect(amounts(monthOf(usage, 'fullBatches'))).toMatchObject({
      'Lambda requests': 100_000,
      'Lambda duration, GB-s': 78_000,
      // One send for each request, a receive and a delete for ten outcomes.
      'SQS: send requests, read outcomes': 1_200_000,
      // A receive, a delete and two sends for ten requests.
      'SQS: read requests, send outcomes': 400_000,
      'Secret reads': 89_600,
    });
  });

  it.each([
    [3_538, 330],
    [1_769, 330],
    [885, 350],
    [512, 380],
  ])(
    'with %i MB bills a warm invocation with %i ms, as computing gets its share of a vCPU',
    (memoryMb, billedMs) => {
      const month = monthOf({ ...usage, deployment: { ...deployment, memoryMb } }, 'oneRecord');
      expect(month.billedMs).toBe(billedMs);
    },
  );

  it('reads no secret more often than it has requests', () => {
    expect(amounts(monthOf({ ...usage, requests: 10 }, 'oneRecord'))['Secret reads']).toBe(10);
  });

  it('has as many requests one by one as the containers can handle', () => {
    const { mostRequests } = monthOf(usage, 'oneRecord');
    expect(Math.round(mostRequests)).toBe(Math.round((2_628_000 / 0.33) * 5));
  });
});

describe('The alternatives', () => {
  it('cost what their calls, their states and their waiting cost, beside what stays', () => {
    const others = alternativesOf(usage, 'oneRecord');
    const [usher, table, express, standard] = others.map(({ usd }) => usd);
    expect(others.map(({ name }) => name)).toEqual([
      'Usher',
      'Usher with an idempotency table',
      'Step Functions Express',
      'Step Functions Standard',
    ]);
    // Two million writes, 0.47 GB for 14 days, 20 ms of 2 GB.
    expect(Number(table) - Number(usher)).toBeCloseTo(1.25 + 0.054 + 0.533, 2);
    // All but Lambda and the secrets stays.
    const stays = Number(usher) - 0.2 - 8.8 - 0.117 - 0.8 - 0.538;
    expect(express).toBeCloseTo(stays + 0.4 + 1 + 0.417, 2);
    expect(standard).toBeCloseTo(stays + 0.4 + 125, 2);
  });
});

describe('Prices', () => {
  it.each([
    [0, 0],
    [10, 5],
    [10_240, 5_120],
    [10_241, 5_120.25],
    [40_960, 5_120 + 5_120 + 1_024],
    [51_201, 5_120 + 5_120 + 2_048 + 0.05],
  ])('of %i GB of logs are those of each tier for its part: %f dollars', (gb, usd) => {
    expect(tieredCostOf(gb, LAMBDA_LOGS)).toBeCloseTo(usd, 6);
  });

  it('each name the page of AWS that they come from', () => {
    for (const { usd, per, source } of [...Object.values(PRICES), ...LAMBDA_LOGS]) {
      expect(Math.min(usd, per)).toBeGreaterThan(0);
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/.*pricing\//);
    }
  });
});

describe('Custom metrics', () => {
  it.each([
    [2, 5, 23],
    [2, 18, 36],
    [3, 5, 28],
  ])('of %i providers and %i failure codes are %i', (count, failures, metrics) => {
    expect(customMetrics(count, failures)).toBe(metrics);
  });

  it('are as many as CloudWatch makes of what Usher writes in an ordinary month', () => {
    const names = providers.map(({ name }) => name);
    const byProvider = names.map((provider) => ({ provider }));
    const outcomes = names.flatMap((provider) =>
      ['completed', 'dead-lettered'].map((outcome) => ({ outcome, provider })),
    );
    const written: Record<MetricName, MetricDimensions[]> = {
      Requests: [...outcomes, { outcome: 'dead-lettered', provider: 'none' }],
      TimeToOutcome: [...outcomes, { outcome: 'dead-lettered', provider: 'none' }],
      Failures: USUAL_FAILURES.map((code) => ({ code })),
      Retries: byProvider,
      ProviderLatency: byProvider,
      PausedConnections: byProvider,
      SecretReads: [{}],
    };
    expect(customMetrics(names.length)).toBe(metricsMadeOf(written).size);
  });
});

const directives = z.object({
  CloudWatchMetrics: z.array(
    z.object({ Dimensions: z.array(z.array(z.string())), Metrics: z.array(z.object({ Name: z.string() })) }),
  ),
});

type Written = Readonly<Record<MetricName, readonly MetricDimensions[]>>;

/** The different metrics as CloudWatch tells them apart: by name and values of dimensions. */
function metricsMadeOf(written: Written): Set<string> {
  const lines: string[] = [];
  const metrics = createMetrics('urn:usher:test', systemClock, (line) => lines.push(line));
  const isMetric = (name: string): name is MetricName => name in written;
  for (const name of Object.keys(written).filter(isMetric)) {
    for (const dimensions of written[name]) metrics.add(name, 1, dimensions);
  }
  metrics.flush();
  return new Set(lines.flatMap(metricsIn));
}

function metricsIn(line: string): string[] {
  const event = z.looseObject({ _aws: directives }).parse(JSON.parse(line));
  return event._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((keys) => JSON.stringify([Name, ...keys.map((key) => [key, event[key]])])),
    ),
  );
}

describe('The measurement', () => {
  it('runs the built functions and sees every invocation, call and line of log', async () => {
    const steps: string[] = [];
    const measured = await measure({
      ...{ providerMs: 40, batchSize: 10 },
      plan: { oneRecord: 4, fullBatches: 40, coldStarts: 2 },
      onStep: ({ status }) => steps.push(status()),
    });
    const { oneRecord, fullBatches, coldStarts } = measured;
    expect(oneRecord).toMatchObject({ requests: 4, invocations: 4, outcomeCalls: 4, deleteCalls: 4 });
    expect(fullBatches.requests).toBe(40);
    expect(fullBatches.invocations).toBeLessThan(20);
    expect(fullBatches.deleteCalls).toBe(fullBatches.invocations);
    expect(oneRecord.logLines).toBeGreaterThanOrEqual(4);
    expect(oneRecord.logGzipBytes).toBeLessThan(oneRecord.logBytes);
    expect(coldStarts.count).toBe(2);
    expect(coldStarts.initMs).toBeGreaterThan(0);
    expect(oneRecord.durationMs).toBeGreaterThan(40);
    // The token takes a call of its own, the secret one of Secrets Manager.
    expect(coldStarts.firstMs).toBeGreaterThan(80);
    expect(steps).toEqual([
      '0 of 4 requests, one a batch',
      '0 of 40 requests, batches of 10',
      '0 of 2 cold starts',
    ]);
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[1.26], 1.3],
  ])('takes of %j the median %f', (values, middle) => {
    expect(median(values)).toBe(middle);
  });
});

describe('npm run cost', () => {
  it('prints of the recorded measurement what docs/cost.md shows', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--from', recorded]);
    expect(await readFile(new URL('../docs/cost.md', import.meta.url), 'utf8')).toContain(stdout);
  });

  it('prints lines of at most 80 columns, however many requests there are', () => {
    const lines = reportOf({ ...usage, requests: 99_999_999 }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('prints with --json what it computes with again', async () => {
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [
      script,
      '--from',
      recorded,
      '--json',
      '--requests',
      '500',
    ]);
    const { measurement: told } = JSON.parse(await readFile(recorded, 'utf8'));
    expect(JSON.parse(stdout)).toMatchObject({ requests: 500, measurement: told });
  });

  it.each([
    [['--requests', '0'], 'It must be a whole number from 1 to 99999999.'],
    [['--provider-ms', '10001'], 'It must be a whole number up to 10000.'],
    [['--from', script], 'is not what this command prints with --json'],
    [['--from', 'no-such-file'], 'no-such-file cannot be read'],
    [['--from', recorded, '--provider-ms', '5'], "cannot be used with option '--provider-ms"],
  ])('refuses %j and says why', async (args, reason) => {
    const refused = await promisify(execFile)(process.execPath, [script, ...args]).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
  });
});
