import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Batcher } from '../../lib/aws/batcher.ts';
import type { Delay } from '../../lib/aws/visibility.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Connections } from '../../lib/connections/connections.ts';
import { type Delivery, readDelivery, remoteBefore } from '../../lib/events/delivery.ts';
import type { OutcomeMessage } from '../../lib/events/message.ts';
import type { Outcomes } from '../../lib/events/outcomes.ts';
import { refuseExpired, type UserRequest } from '../../lib/events/request.ts';
import { settleBatch } from '../../lib/records/batch.ts';
import { asFailure, type Failure } from '../../lib/records/failure.ts';
import { delaySeconds, nextStep } from '../../lib/records/retry.ts';
import { type Durations, noDurations } from '../../lib/telemetry/durations.ts';
import { defectFields, type Log } from '../../lib/telemetry/log.ts';
import type { Metrics } from '../../lib/telemetry/metrics.ts';
import type { Report } from '../../lib/telemetry/report.ts';
import { refuseForbiddenRoles } from '../../lib/users/allow-list.ts';
import { createUser } from '../../lib/users/create-user.ts';

export interface Dependencies {
  /** Reads any event, or fails with `invalid_event` or `unsupported_provider`. */
  readonly readRequest: (delivery: Delivery) => UserRequest;
  /**
   * Provider accounts with their credentials. Each has a gate that bounds the requests at work, and fails without a
   * call while the connection is paused, as it is after refused credentials or many failures in a row.
   */
  readonly connections: Connections;
  readonly outcomes: Outcomes;
  /**
   * The ways out: each gathers entries into batches, while others may come and for some milliseconds at most, and
   * resolves for every single one when SQS has confirmed it. An outcome that SQS did not confirm fails with `outcome_unpublished`.
   */
  readonly completions: Batcher<OutcomeMessage>;
  readonly deadLetters: Batcher<OutcomeMessage>;
  readonly delays: Batcher<Delay>;
  /** The receive on which Usher itself gives a request up. */
  readonly maxReceives: number;
  readonly clock: Clock;
  /** Tells what became of each delivery. */
  readonly report: Report;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** One delivery of one request. */
interface Job {
  readonly delivery: Delivery;
  readonly receiptHandle: string;
  /** When the invocation began, in the milliseconds of `clock.monotonic()`. */
  readonly startedAt: number;
  /** When its calls to providers end, finished or not. */
  readonly deadline: number;
  readonly durations: Durations;
}

/** What shall become of a record. */
type Verdict =
  | { readonly result: 'completed'; readonly outcome: OutcomeMessage; readonly failure?: undefined }
  | { readonly result: 'dead-lettered'; readonly outcome: OutcomeMessage; readonly failure: Failure }
  | { readonly result: 'handed back'; readonly delaySeconds: number; readonly failure: Failure };

/** The part of Lambda's context that the handler needs. */
type Remaining = Pick<Context, 'getRemainingTimeInMillis'>;

/** The rest of the time is for sending what came of the work: completions, dead letters in place of them, delays. */
const SHARE_FOR_WORK = 0.75;

/**
 * Handles a batch of requests: a user for each, and one answer. The response names every record that is not finished,
 * and a record is finished only once SQS has confirmed its outcome. So whatever goes wrong, and wherever, leads to
 * another delivery and never to a loss.
 */
export function createHandler(dependencies: Dependencies) {
  const { readRequest, connections, outcomes, completions, deadLetters, delays } = dependencies;
  const { clock, report, log, metrics } = dependencies;
  const waysOut = [completions, deadLetters, delays];

  /** All records run side by side (FIFO: all message groups), so that a slow one holds up nobody else. */
  return async function handle({ Records }: SQSEvent, context: Remaining): Promise<SQSBatchResponse> {
    const startedAt = clock.monotonic();
    const deadline = startedAt + SHARE_FOR_WORK * context.getRemainingTimeInMillis();

    const unfinished = await settleBatch(Records, async (record) => {
      try {
        const delivery = readDelivery(record, record.eventSourceARN);
        const { receiptHandle } = record;
        return await settle({ delivery, receiptHandle, startedAt, deadline, durations: noDurations() });
      } catch (defect) {
        // Not even a verdict: the message comes back after the queue's own visibility timeout.
        log('ERROR', 'record failed', { messageId: record.messageId, ...defectFields(defect) });
        return false;
      }
    });

    metrics.flush();
    return { batchItemFailures: unfinished.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };

  /** Decides what becomes of a record, and carries that out together with what the records still undecided come to. */
  async function settle(job: Job): Promise<boolean> {
    for (const way of waysOut) way.join();
    let finished: Promise<boolean>;
    try {
      // Not waited for: the outcome has been added by now, and the rest is up to SQS.
      finished = carryOut(await decide(job), job);
    } finally {
      for (const way of waysOut) way.leave();
    }
    return finished;
  }

  /** The way of one request, from its event to its user. */
  async function decide(job: Job): Promise<Verdict> {
    const { delivery, deadline, durations } = job;
    try {
      const request = readRequest(delivery);
      const { connection, gate, allowedRoles } = connections(request.provider, request.connection);
      refuseForbiddenRoles(request, allowedRoles);
      refuseExpired(request, clock.now());
      const remote = remoteBefore(delivery);
      const receives = delivery.attempts;
      const arrivedAt = clock.monotonic();
      const completion = await gate({ who: nameOf(request), deadline }, () => {
        durations.placeMs = clock.monotonic() - arrivedAt;
        // Creates the user, or finds the one that is meant: doing this again makes no second one.
        const { provider, user, expiresAt } = request;
        const wanted = { provider, user, expiresAt, allowedRoles };
        return createUser({ ...wanted, deadline, receives, remote, connection, durations, clock });
      });
      return { result: 'completed', outcome: outcomes.completed(delivery, request, completion) };
    } catch (error) {
      // From here on all failures have one shape: a malformed event, a throttled call, a paused connection, a defect.
      return judge(asFailure(error), job);
    }
  }

  /** The request's own fault ends it at once, and anything else on the last receive; until then it is tried again. */
  function judge(failure: Failure, job: Job): Verdict {
    const { delivery } = job;
    const step = nextStep(failure, delivery.attempts, dependencies.maxReceives);
    if (step === 'retry') return handBack(failure, job);
    const { pausedBy, doubtful } = failure.asks;
    const { remote = doubtful ? 'unknown' : remoteBefore(delivery) } = failure.told;
    // A request that meets a pause in the end is answered with the code of what paused the connection.
    const last = pausedBy ? failure.as(pausedBy) : failure;
    const letter = { failure: last, exhausted: step === 'dead-letter as exhausted', remote };
    return { result: 'dead-lettered', outcome: outcomes.deadLettered(delivery, letter), failure: last };
  }

  /** Back to the queue: by the schedule of its code, and no sooner than a Retry-After or the next probe. */
  function handBack(failure: Failure, { delivery, startedAt }: Job): Verdict {
    const elapsedMs = clock.monotonic() - startedAt;
    const situation = { receives: delivery.attempts, elapsedMs, random: clock.random() };
    return { result: 'handed back', delaySeconds: delaySeconds(failure, situation), failure };
  }

  /**
   * True once SQS has confirmed the record's outcome. A completion that it refuses is judged like any failure, and so
   * ends as a dead letter on the last receive; a dead letter that it refuses goes back to the queue.
   */
  async function carryOut(verdict: Verdict, job: Job): Promise<boolean> {
    const judgeUnpublished = (refusal: Failure) => judge(refusal.telling({ remote: 'present' }), job);
    const otherwise = verdict.result === 'completed' ? [judgeUnpublished, handBack] : [handBack];
    let latest = verdict;
    let refusal = await send(latest, job);
    for (const next of otherwise) {
      if (refusal === undefined) break;
      latest = next(refusal, job);
      refusal = await send(latest, job);
    }
    report(latest, job);
    return latest.result !== 'handed back';
  }

  /** Undefined once SQS has confirmed it, else why not; a delay that SQS refuses changes nothing. */
  async function send(verdict: Verdict, job: Job): Promise<Failure | undefined> {
    const { delivery, receiptHandle, durations } = job;
    const sentAt = clock.monotonic();
    try {
      if (verdict.result === 'completed') await completions.add(verdict.outcome);
      else if (verdict.result === 'dead-lettered') await deadLetters.add(verdict.outcome);
      else await delays.add({ receiptHandle, delaySeconds: verdict.delaySeconds });
      return undefined;
    } catch (error) {
      if (verdict.result !== 'handed back') return asFailure(error);
      // The message goes back all the same, and the queue's own visibility timeout holds.
      log('WARN', 'delay refused', { messageId: delivery.messageId, ...defectFields(error) });
      return undefined;
    } finally {
      durations.outcomeMs += clock.monotonic() - sentAt;
    }
  }
}

/** Names a request, the same on each of its deliveries. */
function nameOf({ source, id }: UserRequest): string {
  return `${source}\n${id}`;
}
