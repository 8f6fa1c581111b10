import type { Clock } from '../../lib/clock.ts';
import type { Delivery } from '../../lib/events/delivery.ts';
import type { UserRequest } from '../../lib/events/request.ts';
import type { Failure } from '../../lib/failure.ts';
import { causeOf, defectFields, type Log, type LogFields, loggable } from '../../lib/telemetry.ts';

/** A record with its end. */
export interface Ended {
  readonly result: 'completed' | 'dead-lettered' | 'handed back';
  readonly failure?: Failure | undefined;
  readonly delaySeconds?: number;
}

/** What a record was about. */
export interface Reported {
  readonly delivery: Delivery;
  readonly request?: UserRequest;
  /** When the invocation began, in milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Logs one line for each record: what became of it and why, and nothing of the person whom it is about. */
export function createReport(log: Log, clock: Clock) {
  return ({ result, failure, delaySeconds }: Ended, { delivery, request, startedAt }: Reported): void => {
    const level = failure === undefined ? 'INFO' : failure.code === 'unexpected' ? 'ERROR' : 'WARN';
    log(level, `request ${result}`, {
      requestId: loggable(delivery.facts.id),
      source: loggable(delivery.facts.source),
      provider: request?.provider.name,
      connection: request?.connection,
      messageId: delivery.messageId,
      receives: delivery.attempts,
      delaySeconds,
      sinceStartMs: clock.now() - startedAt,
      ...(failure && failureFields(failure)),
    });
  };
}

function failureFields({ code, details, cause }: Failure): LogFields {
  const { httpStatus, providerCode, providerRequestId, pausedBy } = details;
  const known = { code, httpStatus, providerCode, providerRequestId, pausedBy };
  return code === 'unexpected' ? { ...known, ...defectFields(cause) } : { ...known, cause: causeOf(cause) };
}
