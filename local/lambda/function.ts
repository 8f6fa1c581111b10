import { type Container, startContainer } from './container.ts';
import type { ContainerOptions } from './process.ts';
import type { InvocationResult } from './runtime-api.ts';

export type { InvocationReport } from './process.ts';
export type { InvocationError, InvocationResult } from './runtime-api.ts';

export interface FunctionOptions extends ContainerOptions {
  /** How many containers work at the same time, at most. */
  readonly concurrency: number;
}

export interface LambdaFunction {
  /** Runs the handler once; waits while all containers are busy. Never rejects. */
  invoke(event: unknown): Promise<InvocationResult>;
  /** The containers that live right now. To kill one is a crash; the next invocations get new ones. */
  containers(): readonly Container[];
  /** Kills every container. */
  kill(): void;
  /** Ends all containers; whatever still runs in them fails. */
  close(): Promise<void>;
}

/** A built artefact as a Lambda function: containers on demand, reused while they live. */
export function createFunction(options: FunctionOptions): LambdaFunction {
  const containers = new Set<Container>();
  const idle = new Set<Container>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let closed = false;

  const start = () => {
    const container = startContainer(options);
    containers.add(container);
    void container.ended.then(() => containers.delete(container) && idle.delete(container));
    return container;
  };
  const take = () => {
    const container = [...idle].find((each) => each.isAlive()) ?? start();
    idle.delete(container);
    return container;
  };
  const acquireSlot = () => {
    busy += 1;
    return busy <= options.concurrency ? undefined : new Promise<void>((resolve) => waiting.push(resolve));
  };
  const releaseSlot = () => {
    busy -= 1;
    waiting.shift()?.();
  };
  const kill = () => {
    for (const container of containers) container.kill();
  };

  return {
    async invoke(event) {
      await acquireSlot();
      try {
        if (closed) return unavailable;
        const container = take();
        const result = await container.invoke(event);
        if (container.isAlive()) idle.add(container);
        return result;
      } finally {
        releaseSlot();
      }
    },
    containers: () => [...containers].filter((each) => each.isAlive()),
    kill,
    async close() {
      closed = true;
      kill();
      await Promise.all([...containers].map(({ ended }) => ended));
    },
  };
}

const unavailable: InvocationResult = {
  ok: false,
  error: { errorType: 'ResourceNotFoundException', errorMessage: 'The function is closed.' },
};
