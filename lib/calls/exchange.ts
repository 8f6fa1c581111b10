import type { Clock } from '../clock.ts';
import { parseJson } from '../json.ts';
import { lenient, type ProviderAnswer, type ProviderError } from '../providers/provider.ts';
import { outOfTime } from '../records/deadline.ts';
import type { Http, HttpAnswer, HttpCall } from './http.ts';
import { NoAnswer } from './no-answer.ts';
import { failureOfAnswer, failureOfSilence } from './provider-failure.ts';
import { scrubbed } from './scrub.ts';

export interface ExchangeCall<Answer> {
  /** Who is called, for messages. */
  readonly whom: string;
  readonly http: Omit<HttpCall, 'timeoutMs'>;
  /** A header that tells the other side how many milliseconds the caller will wait. */
  readonly timeoutHeader?: string | undefined;
  /** Undefined where the answer cannot be understood. */
  readonly read: (answer: ProviderAnswer) => Answer | undefined;
  readonly readError: (answer: ProviderAnswer) => ProviderError;
  /** Never to be told, whatever the other side answers. */
  readonly secrets: readonly string[];
  /** The call ends by then, in the milliseconds of `clock.monotonic()`. */
  readonly deadline: number;
  /** The call is not made where less time is left, in milliseconds; a moment by default. */
  readonly leastMs?: number | undefined;
  /** Gets how long the call took, whatever came of it. */
  readonly onEnd?: (ms: number) => void;
}

/** Makes one call and reads its answer; fails with a `Failure` for all but a success that can be understood. */
export type Exchange = <Answer>(call: ExchangeCall<Answer>) => Promise<Answer>;

const CALL_LIMIT_MS = 10_000;
/** Less than this is no time to start a call in. */
const LEAST_CALL_MS = 100;

export function createExchange(http: Http, clock: Clock): Exchange {
  async function ask(call: ExchangeCall<unknown>, timeoutMs: number): Promise<HttpAnswer> {
    const { whom, timeoutHeader, onEnd } = call;
    const { method, url, body, headers } = call.http;
    const told = timeoutHeader ? { ...headers, [timeoutHeader]: String(timeoutMs) } : headers;
    const startedAt = clock.monotonic();
    try {
      return await http({ method, url, body, headers: told, timeoutMs });
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.reason === 'timed out' && timeoutMs < CALL_LIMIT_MS) {
        throw outOfTime({ doubtful: error.connection !== 'none' });
      }
      throw failureOfSilence(whom, error);
    } finally {
      onEnd?.(clock.monotonic() - startedAt);
    }
  }

  return async (call) => {
    const leftMs = Math.floor(call.deadline - clock.monotonic());
    if (leftMs < (call.leastMs ?? LEAST_CALL_MS)) throw outOfTime();
    const { method } = call.http;
    const { status, headers, body } = await ask(call, Math.min(CALL_LIMIT_MS, leftMs));
    const answer = { method, status, headers, body: parseJson(body) };
    const value = status >= 200 && status < 300 ? call.read(answer) : undefined;
    if (value !== undefined) return value;
    const { requestId = lenient.token.parse(headers['x-request-id']), ...error } = call.readError(answer);
    throw failureOfAnswer(call.whom, answer, scrubbed({ ...error, requestId }, call.secrets), clock.now());
  };
}
