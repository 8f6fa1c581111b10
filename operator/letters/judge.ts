import type { Config } from '../../lib/config.ts';
import { readDelivery } from '../../lib/events/delivery.ts';
import { createRequestReader, refuseExpired, type UserRequest } from '../../lib/events/request.ts';
import { providers } from '../../lib/providers/index.ts';
import { asFailure, FAILURES, type Failure } from '../../lib/records/failure.ts';
import { refuseForbiddenRoles } from '../../lib/users/allow-list.ts';

/** What the function would say of a body before it calls anybody. */
export type Judgement =
  | { readonly ok: true; readonly request: UserRequest }
  | { readonly ok: false; readonly failure: Failure };

const read = createRequestReader(providers);

/** Judges a body by the function's own reader, the roles that the deployment allows, and the time. */
export function judge(body: string, config: Pick<Config, 'providers'>, now: number): Judgement {
  try {
    const request = read(readDelivery(asRecord(body), ''));
    refuseForbiddenRoles(request, config.providers.get(request.provider.name)?.allowedRoles ?? []);
    refuseExpired(request, now);
    return { ok: true, request };
  } catch (error) {
    const failure = asFailure(error);
    // Anything but a verdict on the request is a defect, and must not look like one.
    if (FAILURES[failure.code] !== 'never') throw error;
    return { ok: false, failure };
  }
}

function asRecord(body: string): Parameters<typeof readDelivery>[0] {
  return {
    body,
    messageId: '',
    receiptHandle: '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: '',
    eventSourceARN: '',
    awsRegion: '',
  };
}
