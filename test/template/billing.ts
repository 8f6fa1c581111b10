import { expect, test } from 'vitest';
import * as z from 'zod';
import { readDeployment } from '../../cli/cost/deployment.ts';
import type { Packages } from './packaged-service.ts';

/** What a bill is computed from. */
export function billingTests(packages: () => Packages): void {
  test('what `npm run cost` bills is what is packaged', async () => {
    const { template } = packages().dev;
    const told = await readDeployment();
    const lambdas = [...template.all('AWS::Lambda::Function', z.object({ MemorySize: z.number() })).values()];
    expect(lambdas.map(({ MemorySize }) => MemorySize)).toEqual([told.memoryMb, told.memoryMb]);
    const mapping = z.object({
      BatchSize: z.number(),
      ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
    });
    const mappings = [...template.all('AWS::Lambda::EventSourceMapping', mapping).values()];
    expect(mappings).toHaveLength(told.polledQueues);
    expect(mappings[0]).toMatchObject({
      BatchSize: told.batchSize,
      ScalingConfig: { MaximumConcurrency: told.maximumConcurrency },
    });
    const counts = (type: string) => template.types.filter((each) => each === type).length;
    expect(told.dashboards).toBe(counts('AWS::CloudWatch::Dashboard'));
    expect(told.alarmMetrics).toBeGreaterThanOrEqual(counts('AWS::CloudWatch::Alarm'));
  });
}
