import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { JsonObject } from '../../lib/json.ts';
import type { InvocationReport } from '../../local/lambda/function.ts';
import { queueName } from '../../local/sqs/messages.ts';
import { ASSUMED } from './assumptions.ts';
import type { Run } from './measurement.ts';

/** Sees all that is billed while the stack works. */
export type Meter = ReturnType<typeof createMeter>;

type Counted = 'outcomeCalls' | 'deleteCalls' | 'visibilityCalls';

const REQUESTS = 'usher-local-requests';
const GZIP_LEVEL = 6;

export function createMeter() {
  const counts = { outcomeCalls: 0, deleteCalls: 0, visibilityCalls: 0 };
  const reports: InvocationReport[] = [];
  const lines: string[] = [];
  let next = Promise.withResolvers<void>();

  return {
    /** Counts a call, one for each 64 KB, and lets those of the function take as long as in AWS. */
    async onCall(target: string, body: JsonObject): Promise<undefined> {
      const counted = countedAs(target, queueName(String(body.QueueUrl)));
      if (counted !== undefined) {
        counts[counted] += Math.ceil(Buffer.byteLength(JSON.stringify(body)) / ASSUMED.sqsChunkBytes);
      }
      const isOfFunction = target === 'secretsmanager.GetSecretValue' || isSentByFunction(counted);
      if (isOfFunction) await delay(ASSUMED.awsMs);
    },
    onLog(line: string): void {
      lines.push(line);
    },
    onReport(report: InvocationReport): void {
      reports.push(report);
      next.resolve();
      next = Promise.withResolvers();
    },
    reports: reports as readonly InvocationReport[],
    nextReport: () => next.promise,
    /** What it took to answer so many requests. */
    runOf(requests: number): Run {
      const warm = reports.filter(({ initDurationMs }) => initDurationMs === undefined);
      const log = lines.join('\n');
      return {
        requests,
        invocations: reports.length,
        durationMs: median(warm.map(({ durationMs }) => durationMs)),
        ...counts,
        logLines: lines.length,
        logBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0),
        logGzipBytes: gzipSync(log, { level: GZIP_LEVEL }).length,
      };
    },
  };
}

/** To a tenth; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = (sorted.length - 1) / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return Math.round((low + high) * 5) / 10;
}

/** The calls that are told from others: not those of whoever sends the requests and reads the outcomes. */
function countedAs(target: string, queue: string): Counted | undefined {
  if (target === 'AmazonSQS.SendMessageBatch' && queue !== REQUESTS) return 'outcomeCalls';
  if (target === 'AmazonSQS.DeleteMessageBatch' && queue === REQUESTS) return 'deleteCalls';
  if (target === 'AmazonSQS.ChangeMessageVisibilityBatch') return 'visibilityCalls';
  return undefined;
}

/** The deletes are Lambda's own. */
function isSentByFunction(counted: Counted | undefined): boolean {
  return counted === 'outcomeCalls' || counted === 'visibilityCalls';
}
