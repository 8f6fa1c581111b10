import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { sandboxes } from '../../local/sandboxes/index.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import { startStack } from '../../local/stack.ts';
import { createLedger } from '../start/ledger.ts';
import { processRequests } from '../start/process-requests.ts';
import { amount } from '../terminal/text.ts';
import { ASSUMED } from './assumptions.ts';
import type { Measurement, Run } from './measurement.ts';
import { createMeter, type Meter, median } from './meter.ts';
import type { Plan } from './plan.ts';
import { newUser, newUsers } from './traffic.ts';

export interface MeasureOptions {
  /** How long each call of a provider takes. */
  readonly providerMs: number;
  /** How many records a full batch has. */
  readonly batchSize: number;
  readonly plan: Plan;
  /** Told anew whenever the work goes into another step. */
  readonly onStep: (step: Step) => void;
}

export interface Step {
  status(): string;
  /** Ends the functions at once. */
  kill(): void;
}

const PATIENCE_MS = 60_000;

/** Runs the built functions with all that they call on this machine, and sees what AWS would bill. */
export async function measure(options: MeasureOptions): Promise<Measurement> {
  const { providerMs, batchSize, plan } = options;
  const oneRecord = await measureRun({ ...options, batchSize: 1 }, plan.oneRecord, 'one a batch');
  const fullBatches = await measureRun(options, plan.fullBatches, `batches of ${batchSize}`);
  const coldStarts = await measureColdStarts(options);
  const date = new Date().toISOString().slice(0, 10);
  return { date, providerMs, awsMs: ASSUMED.awsMs, oneRecord, fullBatches, coldStarts };
}

async function measureRun(options: MeasureOptions, count: number, batches: string): Promise<Run> {
  const meter = createMeter();
  const ledger = createLedger(() => performance.now());
  await using parts = new AsyncDisposableStack();
  const { stack } = await startMeasured(parts, options, meter);
  options.onStep({
    status: () => `${amount(ledger.counts().completed)} of ${amount(count)} requests, ${batches}`,
    kill: () => stack.functions.userRequested.kill(),
  });
  const lines = newUsers(count);
  await processRequests({ stack, lines, ledger, onOutcome: () => {}, patienceMs: PATIENCE_MS });
  assertAll(ledger.counts().completed, count);
  // The last invocations are over only then.
  await stack.close();
  return meter.runOf(count);
}

async function measureColdStarts(options: MeasureOptions): Promise<Measurement['coldStarts']> {
  const count = options.plan.coldStarts;
  const meter = createMeter();
  await using parts = new AsyncDisposableStack();
  const { stack, users } = await startMeasured(parts, options, meter);
  const { userRequested } = stack.functions;
  options.onStep({
    status: () => `${meter.reports.length} of ${count} cold starts`,
    kill: () => userRequested.kill(),
  });
  for (let number = 1; number <= count; number++) {
    const reported = meter.nextReport();
    // The provider that takes most calls: its secret, a token, the user.
    const { body } = newUser(number, 'vectara');
    await stack.sqs.send(new SendMessageCommand({ QueueUrl: stack.queues.requests.url, MessageBody: body }));
    await reported;
    userRequested.kill();
  }
  assertAll(users(), count);
  return {
    count,
    initMs: median(meter.reports.flatMap(({ initDurationMs }) => initDurationMs ?? [])),
    firstMs: median(meter.reports.map(({ durationMs }) => durationMs)),
  };
}

async function startMeasured(parts: AsyncDisposableStack, options: MeasureOptions, meter: Meter) {
  const started: Sandbox[] = [];
  for (const start of sandboxes.values()) {
    const sandbox = await start({ latencyMs: options.providerMs });
    started.push(parts.adopt(sandbox, () => sandbox.close()));
  }
  const { onCall, onLog, onReport } = meter;
  const stack = parts.use(
    await startStack({
      ...{ batchSize: options.batchSize, onCall, onLog, onReport },
      environment: Object.assign({}, ...started.map(({ environment }) => environment)),
      secrets: Object.fromEntries(started.map(({ name, secret }) => [`usher/${name}/default`, secret])),
    }),
  );
  return { stack, users: () => started.reduce((sum, sandbox) => sum + sandbox.users().length, 0) };
}

/** What did not go well would be cheaper, or dearer. */
function assertAll(completed: number, count: number): void {
  if (completed !== count) throw new Error(`Only ${completed} of ${count} requests made a user.`);
}
