import type { Clock } from '../clock.ts';
import { codeOf } from '../error-code.ts';

/** Half of the least that a call of AWS may take in all: a second attempt goes over a fresh connection. */
const LIMIT_MS = 1_500;
const LONGEST_IDLE_MS = 5_000;

/**
 * Settings of a client's request handler: each attempt has its own time, so that a silent connection leaves some for
 * the next one; the client tries three times by itself.
 */
export const ATTEMPTS = {
  requestTimeout: LIMIT_MS,
  throwOnRequestTimeout: true,
  // The other one ends with the head of the answer.
  socketTimeout: LIMIT_MS,
  httpAgent: { timeout: LONGEST_IDLE_MS },
  httpsAgent: { timeout: LONGEST_IDLE_MS },
};

/** Where in a client's middleware each single attempt passes. */
export const EACH_ATTEMPT = { step: 'finalizeRequest', priority: 'low', name: 'dropDeadSockets' } as const;

/** The request handler of a client, with the agents of Node.js that it has made itself. */
interface RequestHandler {
  destroy?(): void;
  httpHandlerConfigs?(): { readonly httpAgent?: Agent; readonly httpsAgent?: Agent };
}

interface Agent {
  readonly freeSockets?: Readonly<Record<string, readonly { destroy(): void }[]>>;
}

/**
 * Middleware that begins anew after a quiet time, a freeze above all, and after an attempt that the network has ended:
 * all connections that are kept may be dead then, and each would cost an attempt.
 */
export function dropDeadSockets(handler: RequestHandler, clock: Pick<Clock, 'now'>) {
  let usedAt = 0;

  function dropIdle(): void {
    const { httpAgent, httpsAgent } = handler.httpHandlerConfigs?.() ?? {};
    for (const agent of [httpAgent, httpsAgent]) {
      for (const socket of Object.values(agent?.freeSockets ?? {}).flat()) socket.destroy();
    }
  }

  return <Args, Output>(next: (args: Args) => Promise<Output>) =>
    async (args: Args): Promise<Output> => {
      const quietMs = clock.now() - usedAt;
      if (quietMs < 0 || quietMs > LONGEST_IDLE_MS) dropIdle();
      try {
        return await next(args);
      } catch (error) {
        if (codeOf(error) !== undefined) dropIdle();
        throw error;
      } finally {
        usedAt = clock.now();
      }
    };
}
