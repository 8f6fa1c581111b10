import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createMetrics, type Metrics } from '../lib/telemetry/metrics.ts';
import { clockOf } from './clocks.ts';

const clock = clockOf({ now: () => 1_800_000_000_000 });

function linesOf(write: (metrics: Metrics) => void): unknown[] {
  const lines: string[] = [];
  write(createMetrics('urn:usher:test', clock, (line) => lines.push(line)));
  return lines.map((line) => JSON.parse(line));
}

describe('Metrics', () => {
  it('stand in one line for each combination of dimensions, as CloudWatch wants them', () => {
    const lines = linesOf((metrics) => {
      for (const ms of [120, 80]) {
        metrics.add('Requests', 1, { outcome: 'completed', provider: 'vectara' });
        metrics.add('TimeToOutcome', ms, { outcome: 'completed', provider: 'vectara' });
      }
      metrics.add('SecretReads', 1);
      metrics.flush();
    });
    const directive = (name: string, unit: string, ...dimensions: string[][]) => ({
      Namespace: 'Usher',
      Dimensions: dimensions,
      Metrics: [{ Name: name, Unit: unit }],
    });
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: 1_800_000_000_000,
          CloudWatchMetrics: [
            directive('Requests', 'Count', ['source', 'outcome'], ['source', 'outcome', 'provider']),
            directive('TimeToOutcome', 'Milliseconds', ['source', 'outcome']),
          ],
        },
        source: 'urn:usher:test',
        outcome: 'completed',
        provider: 'vectara',
        Requests: [2],
        TimeToOutcome: [120, 80],
      },
      {
        _aws: {
          Timestamp: 1_800_000_000_000,
          CloudWatchMetrics: [directive('SecretReads', 'Count', ['source'])],
        },
        source: 'urn:usher:test',
        SecretReads: [1],
      },
    ]);
  });

  it('are written once, and nothing is where nothing was measured', () => {
    const lines = linesOf((metrics) => {
      metrics.flush();
      metrics.add('SecretReads', 1);
      metrics.flush();
      metrics.flush();
    });
    expect(lines).toHaveLength(1);
  });

  it('have at most the hundred values a line that CloudWatch takes, and lose none', () => {
    const lines = linesOf((metrics) => {
      for (let ms = 0; ms < 250; ms++) metrics.add('ProviderLatency', ms, { provider: 'vectara' });
      metrics.flush();
    });
    const values = lines.map((line) => z.object({ ProviderLatency: z.array(z.number()) }).parse(line));
    expect(values.map(({ ProviderLatency }) => ProviderLatency.length)).toEqual([100, 100, 50]);
    expect(new Set(values.flatMap(({ ProviderLatency }) => ProviderLatency))).toHaveLength(250);
  });

  it('count what is marked once until it is told, however often that was', () => {
    const lines = linesOf((metrics) => {
      for (const names of [['a', 'b', 'a'], [], ['a']]) {
        for (const name of names) metrics.mark('PausedConnections', name, { provider: 'vectara' });
        metrics.flush();
      }
    });
    expect(lines).toMatchObject([{ PausedConnections: [2] }, { PausedConnections: [1] }]);
  });
});
