import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type { Batcher } from '../../lib/aws/batcher.ts';
import { readDelivery } from '../../lib/events/delivery.ts';
import type { OutcomeMessage } from '../../lib/events/message.ts';
import type { Outcomes } from '../../lib/events/outcomes.ts';
import { settleBatch } from '../../lib/records/batch.ts';
import { Failure } from '../../lib/records/failure.ts';
import { invocationId } from '../../lib/telemetry/invocation.ts';
import { defectFields, type Log } from '../../lib/telemetry/log.ts';
import type { Metrics } from '../../lib/telemetry/metrics.ts';
import type { Report } from '../../lib/telemetry/report.ts';
import { tellTaken } from '../../lib/telemetry/taken.ts';

export interface Dependencies {
  readonly outcomes: Outcomes;
  /** The way out, with a copy for the product where there is one. */
  readonly deadLetters: Batcher<OutcomeMessage>;
  readonly report: Report;
  readonly log: Log;
  /** Writes what is logged now, in case the process ends. */
  readonly flushLog: () => void;
  readonly metrics: Metrics;
}

/**
 * Answers for requests that SQS gave up on without Usher's verdict (a crash, a time-out, no memory): each becomes a
 * dead-letter event, whatever its body. A record is finished once SQS has confirmed that event.
 */
export function createHandler({ outcomes, deadLetters, report, log, flushLog, metrics }: Dependencies) {
  return (event: SQSEvent, { awsRequestId }: Pick<Context, 'awsRequestId'>): Promise<SQSBatchResponse> =>
    invocationId.run(awsRequestId, () => handle(event));

  async function handle({ Records }: SQSEvent): Promise<SQSBatchResponse> {
    tellTaken(Records, log, flushLog);
    deadLetters.join();
    const settled = settleBatch(Records, settle);
    deadLetters.leave();
    const unfinished = await settled;
    metrics.flush();
    return { batchItemFailures: unfinished.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  }

  async function settle(record: SQSRecord): Promise<boolean> {
    const { messageId, attributes, eventSourceARN } = record;
    try {
      const delivery = readDelivery(record, attributes.DeadLetterQueueSourceArn ?? eventSourceARN);
      const failure = new Failure('delivery_exhausted', MESSAGE);
      await deadLetters.add(outcomes.deadLettered(delivery, { failure, exhausted: true, remote: 'unknown' }));
      report({ result: 'dead-lettered', failure }, { delivery });
      return true;
    } catch (error) {
      log('ERROR', 'record failed', { messageId, ...defectFields(error) });
      return false;
    }
  }
}

const MESSAGE =
  'SQS gave the request up without an answer from Usher, which points to a crash, a time-out or too little memory: ' +
  'see the logs of user-requested.';
