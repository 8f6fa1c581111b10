/** Runs a call of AWS that is aborted, its tries included, when it takes longer than that. */
export async function within<T>(ms: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  // AbortSignal.timeout() would keep its timer, and all that hangs on it, after the call has ended.
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await call(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
