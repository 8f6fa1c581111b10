import type { ProviderError } from '../providers/provider.ts';
import { Failure, type FailureCode } from '../records/failure.ts';
import type { HttpAnswer } from './http.ts';
import type { NoAnswer } from './no-answer.ts';

/** A blip is tried again at once only if it may be over this soon. */
const LONGEST_QUICK_TRY_MS = 2_000;
const QUICK_TRY_MS = 200;

/** What a call that was not answered means; whether it may have been carried out. */
export function failureOfSilence(provider: string, error: NoAnswer): Failure {
  const { reason, connection, message } = error;
  const quickTryMs = reason === 'not connected' || reason === 'reset' ? QUICK_TRY_MS : undefined;
  return new Failure('provider_unavailable', `${provider} could not be asked: ${message}.`, {
    asks: { doubtful: connection !== 'none', quickTryMs },
    cause: error,
  });
}

type Answered = Pick<HttpAnswer, 'status' | 'headers'>;

/** What an answer other than a success means. `now` is in milliseconds since the epoch. */
export function failureOfAnswer(
  provider: string,
  answer: Answered,
  error: ProviderError,
  now: number,
): Failure {
  const code = failureCodeOf(answer, error);
  const retryAfterMs = retryAfter(answer.headers['retry-after'], now);
  return new Failure(code, messageOf(provider, answer, error), {
    told: {
      httpStatus: answer.status,
      providerCode: error.code,
      providerRequestId: error.requestId,
      issues: error.issues,
    },
    asks: {
      retryAfterMs,
      doubtful: isDoubtful(answer.status),
      ownRefusal: answer.status === 403 || answer.status === 407,
      quickTryMs: quickTryMs(answer.status, retryAfterMs),
    },
  });
}

function failureCodeOf({ status, headers }: Answered, error: ProviderError): FailureCode {
  // Accepted: the user will exist, and is not shown yet.
  if (status === 202) return 'provider_pending';
  if (status < 400 || status > 599) return 'provider_invalid_response';
  if (status === 409) return error.aborted ? 'provider_unavailable' : 'user_conflict';
  if (status === 429 && error.quota && headers['retry-after'] === undefined) return 'provider_capacity';
  if (status === 403) return codeOfForbidden(error);
  if (status >= 500 && status !== 501) return 'provider_unavailable';
  return CODES.get(status) ?? (error.duplicate ? 'user_conflict' : 'provider_rejected');
}

function codeOfForbidden({ quota, ownRefusal }: ProviderError): FailureCode {
  if (quota) return 'provider_capacity';
  return ownRefusal ? 'provider_rejected' : 'provider_unauthorized';
}

const CODES = new Map<number, FailureCode>([
  [401, 'provider_unauthorized'],
  [402, 'provider_capacity'],
  // Nothing of a request stands in the path of a create or a list: the account, the address or a proxy is wrong.
  [404, 'provider_not_found'],
  [405, 'provider_not_found'],
  [407, 'provider_unauthorized'],
  [408, 'provider_unavailable'],
  [410, 'provider_not_found'],
  [412, 'provider_capacity'],
  [421, 'provider_unavailable'],
  [425, 'provider_unavailable'],
  [429, 'provider_throttled'],
  [499, 'provider_unavailable'],
]);

/** Whether a call that was answered so may have been carried out all the same. */
function isDoubtful(status: number): boolean {
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 499;
  return !isRefusal && status !== 501;
}

function messageOf(provider: string, { status }: Answered, { message }: ProviderError): string {
  return message ? `${provider} answered ${status}: ${message}` : `${provider} answered ${status}.`;
}

/** An HTTP date in its three forms, the last of which names no zone: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const HTTP_DATE = /^[A-Z][a-z]+,? [\w -]+ \d\d:\d\d:\d\d (GMT|\d{4})$/;
const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;
/** From here on a number of seconds is a time, counted from 1970. */
const FIRST_TIME_SECONDS = 1_000_000_000;

/** Milliseconds to wait, from seconds, an HTTP date, an ISO date or seconds since 1970; undefined for anything else. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) {
    const seconds = Number(value);
    return seconds < FIRST_TIME_SECONDS ? seconds * 1000 : Math.max(0, seconds * 1000 - now);
  }
  const date = HTTP_DATE.test(value) || ISO_DATE.test(value) ? Date.parse(inUtc(value)) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A time that names no zone is taken for UTC; a date without a time is in UTC by itself. */
function inUtc(date: string): string {
  if (/(GMT|Z|[+-]\d\d:?\d\d)$/i.test(date)) return date;
  if (/\d{4}$/.test(date)) return `${date} GMT`;
  return date.includes('T') ? `${date}Z` : date;
}

function quickTryMs(status: number, retryAfterMs: number | undefined): number | undefined {
  const blip = status === 502 || status === 503 || (status === 429 && retryAfterMs !== undefined);
  if (!blip) return undefined;
  const waitMs = Math.max(QUICK_TRY_MS, retryAfterMs ?? 0);
  return waitMs <= LONGEST_QUICK_TRY_MS ? waitMs : undefined;
}
