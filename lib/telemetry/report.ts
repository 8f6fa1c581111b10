import type { Clock } from '../clock.ts';
import type { Delivery } from '../events/delivery.ts';
import type { Failure, FailureCode } from '../records/failure.ts';
import type { Durations } from './durations.ts';
import { causeOf, defectFields, type Log, type LogFields, loggable } from './log.ts';
import type { Metrics } from './metrics.ts';

/** What became of a record. */
export type Ended =
  | { readonly result: 'completed'; readonly failure?: undefined }
  | { readonly result: 'dead-lettered'; readonly failure: Failure }
  | { readonly result: 'handed back'; readonly failure: Failure; readonly delaySeconds: number };

/** Whose record it was, and what it took. */
export interface Reported {
  readonly delivery: Delivery;
  readonly durations?: Durations;
}

/** Tells the end of one record. */
export type Report = (ended: Ended, reported: Reported) => void;

export interface ReportOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Every registered provider; another name that an event tells is not told. */
  readonly providers: readonly { readonly name: string }[];
  readonly clock: Clock;
}

/** Logs one line for each record and measures it; tells nothing of the person whom it is about. */
export function createReport({ log, metrics, providers, clock }: ReportOptions): Report {
  const names = new Set(providers.map(({ name }) => name));
  return (ended, { delivery, durations }) => {
    const { result, failure } = ended;
    const { id, source, provider: named = '', connection } = delivery.facts;
    const provider = names.has(named) ? named : undefined;
    const level = failure === undefined ? 'INFO' : failure.code === 'unexpected' ? 'ERROR' : 'WARN';
    log(level, `request ${result}`, {
      requestId: loggable(id),
      source: loggable(source),
      provider,
      connection,
      messageId: delivery.messageId,
      receives: delivery.attempts,
      ...(result === 'handed back' && { delaySeconds: ended.delaySeconds }),
      ...(failure && failureFields(failure)),
      ...durations,
    });
    const msSinceSent = clock.now() - (delivery.sentAt ?? Number.NaN);
    measure(metrics, ended, { provider, msSinceSent });
  };
}

/** Of a paused connection the code of what paused it: that is what has to be mended. */
function toldCode({ code, asks: { pausedBy = code } }: Failure): FailureCode {
  return pausedBy;
}

function failureFields(failure: Failure): LogFields {
  const { code, told, asks, cause } = failure;
  const { httpStatus, providerCode, providerRequestId, secret } = told;
  const paused = asks.pausedBy === undefined ? undefined : true;
  const known = { code: toldCode(failure), paused, secret, httpStatus, providerCode, providerRequestId };
  return code === 'unexpected' ? { ...known, ...defectFields(cause) } : { ...known, cause: causeOf(cause) };
}

function measure(
  metrics: Metrics,
  { result, failure }: Ended,
  { provider = 'none', msSinceSent }: { provider: string | undefined; msSinceSent: number },
): void {
  if (failure) metrics.add('Failures', 1, { code: toldCode(failure) });
  if (result === 'handed back') {
    metrics.add('Retries', 1, { provider });
    // So that the series is there for the alarm that nothing completes, even where nothing ever did.
    metrics.add('Requests', 0, { outcome: 'completed', provider });
    return;
  }
  metrics.add('Requests', 1, { outcome: result, provider });
  if (msSinceSent >= 0) metrics.add('TimeToOutcome', msSinceSent, { outcome: result, provider });
}
