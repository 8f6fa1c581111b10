import { AsyncLocalStorage } from 'node:async_hooks';

/** The id that Lambda gave to the invocation that is at work; many may be at work in one process. */
export const invocationId: AsyncLocalStorage<string> = new AsyncLocalStorage();
