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

/** What an answer other than a success means. `now` is in milliseconds since the epoch. */
export function failureOfAnswer(
  provider: string,
  answer: HttpAnswer,
  error: ProviderError,
  now: number,
): Failure {
  const code = codeOf(answer, error);
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
      doubtful: code === 'provider_unavailable' || code === 'provider_invalid_response',
      quickTryMs: quickTryMs(answer.status, retryAfterMs),
    },
  });
}

function codeOf({ status, headers }: HttpAnswer, error: ProviderError): FailureCode {
  const { code, quota } = error;
  if (status < 400) return 'provider_invalid_response';
  if (status === 409) return code === 'ABORTED' ? 'provider_unavailable' : 'user_conflict';
  if (status === 400 && isDuplicate(error)) return 'user_conflict';
  if (status === 429 && quota && headers['retry-after'] === undefined) return 'provider_capacity';
  if (status >= 500 && status !== 501) return 'provider_unavailable';
  return CODES.get(status) ?? 'provider_rejected';
}

const CODES = new Map<number, FailureCode>([
  [401, 'provider_unauthorized'],
  [402, 'provider_capacity'],
  [403, 'provider_unauthorized'],
  [408, 'provider_unavailable'],
  [412, 'provider_capacity'],
  [429, 'provider_throttled'],
  [499, 'provider_unavailable'],
]);

/** Vectara documents no 409 for users; a duplicate may come as a plain 400. */
const DUPLICATE = /\b(already (exists|in use|taken|registered)|duplicate (user|username|e-?mail))\b/i;

function isDuplicate({ message = '', issues = [] }: ProviderError): boolean {
  return [message, ...issues.map((issue) => issue.message)].some((text) => DUPLICATE.test(text));
}

function messageOf(provider: string, { status }: HttpAnswer, { message }: ProviderError): string {
  return message ? `${provider} answered ${status}: ${message}` : `${provider} answered ${status}.`;
}

/** An HTTP date in its three forms, the last of which names no zone: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const HTTP_DATE = /^[A-Z][a-z]+,? [\w -]+ \d\d:\d\d:\d\d (GMT|\d{4})$/;

/** Milliseconds to wait, from seconds or an HTTP date; undefined for nothing or nonsense. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!HTTP_DATE.test(value)) return undefined;
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function quickTryMs(status: number, retryAfterMs: number | undefined): number | undefined {
  const blip = status === 502 || status === 503 || (status === 429 && retryAfterMs !== undefined);
  if (!blip) return undefined;
  const waitMs = Math.max(QUICK_TRY_MS, retryAfterMs ?? 0);
  return waitMs <= LONGEST_QUICK_TRY_MS ? waitMs : undefined;
}
