import { ASSUMED } from './assumptions.ts';
import { type Filling, type Month, monthOf, totalOf, type Usage } from './month.ts';
import { costOf, PRICES } from './prices.ts';

/** A way to build this, and the dollars that a month of it costs. */
export interface Alternative {
  readonly name: string;
  readonly usd: number;
}

/** Usher as it is, and what else could have been built. */
export function alternativesOf(usage: Usage, filling: Filling): readonly Alternative[] {
  const month = monthOf(usage, filling);
  // A workflow calls the provider itself, with credentials that are kept in its connection without charge.
  const around = totalOf(month.items.filter(({ part }) => part === 'queues' || part === 'telemetry'));
  const pipe = costOf(usage.requests, PRICES.pipeRequest);
  return [
    { name: 'Usher', usd: month.usd },
    { name: 'Usher with an idempotency table', usd: month.usd + idempotencyTable(usage, month) },
    { name: 'Step Functions Express', usd: around + pipe + express(usage) },
    { name: 'Step Functions Standard', usd: around + pipe + standard(usage) },
  ];
}

/** DynamoDB on demand; the records of a batch are written side by side, before and after the work. */
function idempotencyTable(usage: Usage, { recordsPerBatch }: Month): number {
  const { requests, measurement, deployment } = usage;
  const { idempotencyWrites, idempotencyItemBytes, idempotencyDays, monthSeconds } = ASSUMED;
  const waitedSeconds = (requests / recordsPerBatch) * ((idempotencyWrites * measurement.awsMs) / 1000);
  const gb = (requests * idempotencyItemBytes) / 2 ** 30;
  const months = (idempotencyDays * 24 * 3600) / monthSeconds;
  return (
    costOf(requests * idempotencyWrites, PRICES.dynamodbWrite) +
    costOf(gb * months, PRICES.dynamodbStorage) +
    costOf(waitedSeconds * (deployment.memoryMb / 1024), PRICES.lambdaArmGbSecond)
  );
}

function standard({ requests }: Usage): number {
  return costOf(requests * ASSUMED.workflowStates, PRICES.stateTransition);
}

function express({ requests, measurement }: Usage): number {
  const { expressRoundingMs, expressMemoryMb } = ASSUMED;
  const waitingMs = measurement.providerMs + measurement.awsMs;
  const billedMs = Math.ceil(waitingMs / expressRoundingMs) * expressRoundingMs;
  const gbHours = (requests * (billedMs / 1000) * (expressMemoryMb / 1024)) / 3600;
  return costOf(requests, PRICES.expressRequest) + costOf(gbHours, PRICES.expressGbHour);
}
