import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { refuseForbiddenRoles } from '../../lib/allow-list.ts';
import type { Batcher } from '../../lib/aws/batcher.ts';
import type { Delay } from '../../lib/aws/visibility.ts';
import { settleBatch } from '../../lib/batch.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Connections } from '../../lib/connections.ts';
import { createUser } from '../../lib/create-user.ts';
import { type Delivery, readDelivery, remoteBefore } from '../../lib/events/delivery.ts';
import type { OutcomeMessage } from '../../lib/events/message.ts';
import type { Outcomes } from '../../lib/events/outcomes.ts';
import { refuseExpired, type UserRequest } from '../../lib/events/request.ts';
import { asFailure, type Failure } from '../../lib/failure.ts';
import { delaySeconds, nextStep } from '../../lib/retry.ts';
import { defectFields, type Log } from '../../lib/telemetry.ts';

export interface Dependencies {
  /** Fails with `invalid_event` or `unsupported_provider`. */
  readonly readRequest: (delivery: Delivery) => UserRequest;
  readonly connections: Connections;
  readonly outcomes: Outcomes;
  /** The ways out: each gathers entries into batches, and confirms or refuses every single one. */
  readonly completions: Batcher<OutcomeMessage>;
  readonly deadLetters: Batcher<OutcomeMessage>;
  readonly delays: Batcher<Delay>;
  /** The receive on which Usher itself gives a request up. */
  readonly maxReceives: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** One delivery of one request. */
interface Job {
  readonly delivery: Delivery;
  readonly receiptHandle: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly deadline: number;
  /** Set as soon as the event has proved to be a valid request. */
  request?: UserRequest;
}

/** The part of Lambda's context that the handler needs. */
type Remaining = Pick<Context, 'getRemainingTimeInMillis'>;

/** What shall become of a record. */
type Verdict =
  | { readonly result: 'completed'; readonly outcome: OutcomeMessage; readonly failure?: undefined }
  | { readonly result: 'dead-lettered'; readonly outcome: OutcomeMessage; readonly failure: Failure }
  | { readonly result: 'handed back'; readonly delaySeconds: number; readonly failure: Failure };

/**
 * Handles a batch of requests: a user for each, and one answer. The response names every record that is not finished,
 * and a record is finished only once SQS has confirmed its outcome. So whatever goes wrong, and wherever, leads to
 * another delivery and never to a loss.
 */
export function createHandler(dependencies: Dependencies) {
  const { readRequest, connections, outcomes, completions, deadLetters, delays, clock, log } = dependencies;

  /** All records run side by side (FIFO: all message groups), so that a slow one holds up nobody else. */
  return async function handle({ Records }: SQSEvent, context: Remaining): Promise<SQSBatchResponse> {
    const startedAt = clock.now();
    const deadline = startedAt + SHARE_FOR_WORK * context.getRemainingTimeInMillis();
    let undecided = 0;

    const unfinished = await settleBatch(Records, async (record) => {
      try {
        const delivery = readDelivery(record, record.eventSourceARN);
        const job: Job = { delivery, receiptHandle: record.receiptHandle, startedAt, deadline };
        undecided += 1;
        const verdict = await decide(job).finally(() => {
          undecided -= 1;
        });
        const finished = carryOut(verdict, job);
        // What goes out waits a moment for company, but not when no more can come.
        if (undecided === 0) for (const way of [completions, deadLetters, delays]) way.flush();
        return await finished;
      } catch (defect) {
        log('ERROR', 'record failed', { messageId: record.messageId, ...defectFields(defect) });
        return false;
      }
    });

    return { batchItemFailures: unfinished.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

  /** The way of one request, from its event to its user. */
  async function decide(job: Job): Promise<Verdict> {
    const { delivery, deadline } = job;
    try {
      const request = readRequest(delivery);
      job.request = request;
      const { connection, gate, allowedRoles } = connections(request.provider, request.connection);
      refuseForbiddenRoles(request, allowedRoles);
      const completion = await gate(async () => {
        refuseExpired(request, clock.now());
        // Creates the user, or finds the one that is meant: doing this again makes no second one.
        return createUser({ ...request, connection, allowedRoles, deadline, clock });
      });
      return { result: 'completed', outcome: outcomes.completed(delivery, request, completion) };
    } catch (error) {
      // From here on all failures have one shape: a malformed event, a throttled call, a defect of ours.
      return judge(asFailure(error), job);
    }
  }

  /** The request's own fault ends it at once, and anything else on the last receive; until then it is tried again. */
  function judge(failure: Failure, job: Job): Verdict {
    const step = nextStep(failure, { ...attempt(job), maxReceives: dependencies.maxReceives });
    if (step.step === 'retry') return handBack(failure, job);
    // While a connection is paused its requests fail for the reason that paused it.
    const cause = failure.details.pausedBy ?? failure;
    const remote = failure.details.remote ?? remoteBefore(job.delivery);
    const outcome = outcomes.deadLettered(job.delivery, {
      failure: cause,
      exhausted: step.exhausted,
      remote,
    });
    return { result: 'dead-lettered', outcome, failure: cause };
  }

  function handBack(failure: Failure, job: Job): Verdict {
    return { result: 'handed back', delaySeconds: delaySeconds(failure, attempt(job)), failure };
  }

  function attempt({ delivery, startedAt }: Job) {
    return { receives: delivery.attempts, elapsedMs: clock.now() - startedAt, random: clock.random() };
  }

  /** True once SQS has confirmed the record's outcome. */
  async function carryOut(verdict: Verdict, job: Job): Promise<boolean> {
    if (verdict.result === 'handed back') {
      await delay(verdict.delaySeconds, job);
      report(verdict, job);
      return false;
    }
    try {
      await (verdict.result === 'completed' ? completions : deadLetters).add(verdict.outcome);
      report(verdict, job);
      return true;
    } catch (error) {
      const unpublished = asFailure(error);
      // A completion that SQS never takes ends as a dead letter; a dead letter that it does not take can only wait.
      const isUserThere = verdict.result === 'completed';
      const next = isUserThere
        ? judge(unpublished.with({ remote: 'present' }), job)
        : handBack(unpublished, job);
      return carryOut(next, job);
    }
  }

  /** Keeps the message away from us for a while; where SQS refuses that, the queue's own visibility timeout holds. */
  async function delay(seconds: number, { delivery, receiptHandle }: Job): Promise<void> {
    try {
      await delays.add({ receiptHandle, delaySeconds: seconds });
    } catch (error) {
      log('WARN', 'delay refused', { messageId: delivery.messageId, ...defectFields(error) });
    }
  }

  function report({ result, failure, ...verdict }: Verdict, { delivery, request, startedAt }: Job): void {
    const isDefect = failure?.code === 'unexpected';
    log(isDefect ? 'ERROR' : failure ? 'WARN' : 'INFO', `request ${result}`, {
      requestId: delivery.facts.id,
      source: delivery.facts.source,
      provider: request?.provider.name,
      connection: request?.connection,
      messageId: delivery.messageId,
      receives: delivery.attempts,
      code: failure?.code,
      httpStatus: failure?.details.httpStatus,
      providerCode: failure?.details.providerCode,
      providerRequestId: failure?.details.providerRequestId,
      delaySeconds: 'delaySeconds' in verdict ? verdict.delaySeconds : undefined,
      durationMs: clock.now() - startedAt,
      ...(isDefect && defectFields(failure.cause)),
    });
  }
}

/** The rest is for sending what came of the work: outcomes, dead letters in place of them, and delays. */
const SHARE_FOR_WORK = 0.75;
