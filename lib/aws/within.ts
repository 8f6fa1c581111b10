/** A call of AWS had no answer in time, whatever was tried. */
class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(ms: number, cause: unknown) {
    super(`no answer within ${ms} ms`, { cause });
    this.name = 'TimeoutError';
  }
}

/** Runs a call of AWS that is aborted, its tries included, when it takes longer than that. */
export async function within<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // AbortSignal.timeout() would keep its timer, and all that hangs on it, after the call has ended.
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  try {
    return await call(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? new TimeoutError(ms, error) : error;
  } finally {
    clearTimeout(timer);
  }
}
