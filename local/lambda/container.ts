import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { accountId, region } from '../aws/service.ts';
import { type ContainerOptions, run } from './process.ts';
import { type InvocationResult, startRuntimeApi } from './runtime-api.ts';

/** One process of a function. */
export interface Container {
  /** Starts the artefact first where it has not started yet; one event at a time. */
  invoke(event: unknown): Promise<InvocationResult>;
  isAlive(): boolean;
  kill(): void;
  /** Resolves when the process is gone and all its lines are handed on. */
  readonly ended: Promise<void>;
}

// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const INIT_TIMEOUT_MS = 10_000;

/** Starts a process that runs the artefact in Lambda's own runtime client, and kills it when a time limit is over. */
export function startContainer(options: ContainerOptions): Container {
  const { name, timeoutMs, onReport } = options;
  const startedAt = performance.now();
  let isNew = true;
  const killed = new AbortController();
  const kill = () => killed.abort();
  const runtimeApi = startRuntimeApi();
  const reasonToEnd = runtimeApi.then(({ host }) => run(options, host, killed.signal));
  let alive = true;
  const end = async () => {
    await reasonToEnd;
    alive = false;
    await (await runtimeApi).close();
  };

  /** What comes first: the work's result, the end of the process, or the end of the time. */
  const within = async <T>(limitMs: number, requestId: string, work: Promise<T>) => {
    const timer = new AbortController();
    const ended = reasonToEnd.then((reason) => failure('Runtime.ExitError', requestId, reason));
    const timedOut = delay(limitMs, undefined, { signal: timer.signal }).then(() => {
      kill();
      const seconds = (limitMs / 1000).toFixed(2);
      return failure('Sandbox.Timedout', requestId, `Task timed out after ${seconds} seconds`);
    });
    return Promise.race([work, ended, timedOut]).finally(() => timer.abort());
  };

  return {
    async invoke(event) {
      const api = await runtimeApi;
      const requestId = randomUUID();
      const initFailure = await within(INIT_TIMEOUT_MS, requestId, api.initialized());
      if (initFailure) {
        kill();
        return initFailure;
      }
      const functionArn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
      const deadlineMs = Date.now() + timeoutMs;
      const invokedAt = performance.now();
      const work = api.invoke({ requestId, deadlineMs, functionArn, event });
      const result = await within(timeoutMs, requestId, work);
      const durationMs = performance.now() - invokedAt;
      onReport?.({ durationMs, ...(isNew && { initDurationMs: invokedAt - startedAt }) });
      isNew = false;
      return result;
    },
    isAlive: () => alive && !killed.signal.aborted,
    kill,
    ended: end(),
  };
}

function failure(errorType: string, requestId: string, reason: string): InvocationResult {
  return { ok: false, error: { errorType, errorMessage: `RequestId: ${requestId} Error: ${reason}` } };
}
