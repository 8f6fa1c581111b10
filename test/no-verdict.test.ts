import { expect, it } from 'vitest';
import { createHandler } from '../functions/user-requested/handler.ts';
import { Failure } from '../lib/records/failure.ts';
import { createLog } from '../lib/telemetry/log.ts';
import { clockOf } from './clocks.ts';
import { recordOf } from './deliveries.ts';

const broken = () => {
  throw new TypeError('canary');
};
const idle = { add: async () => {}, join: () => {}, leave: () => {} };

it('A record for which not even a dead letter can be made goes back, and the log says why', async () => {
  const lines: string[] = [];
  const clock = clockOf();
  const handle = createHandler({
    readRequest: () => {
      throw new Failure('invalid_event', 'It is none.');
    },
    connections: broken,
    outcomes: { completed: broken, deadLettered: broken },
    ...{ completions: idle, deadLetters: idle, delays: idle, maxReceives: 3, clock },
    report: broken,
    log: createLog('DEBUG', clock, (line) => lines.push(line)),
    flushLog: () => {},
    metrics: { add: () => {}, mark: () => {}, flush: () => {} },
  });
  const record = { ...recordOf('hello'), messageId: 'm-1' };
  const invocation = { awsRequestId: 'invocation', getRemainingTimeInMillis: () => 60_000 };
  const response = await handle({ Records: [record] }, invocation);
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: 'record failed',
      messageId: 'm-1',
      error: 'TypeError',
    }),
  ]);
  expect(lines.join()).not.toContain('canary');
});
