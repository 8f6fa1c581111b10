import { sandboxes } from '../local/sandboxes/index.ts';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';
import { type Stack, startStack } from '../local/stack.ts';
import { prepareDemo } from './demo.ts';

/** How many times shorter a delayed message stays away here than in AWS; all fifteen receives fit into half a minute. */
export const DELAYS_SHORTENED = 1_200;

export interface DemoStack extends Pick<Stack, 'sqs' | 'queues' | 'endpoint'>, AsyncDisposable {
  /** Ends the functions at once, in the middle of whatever they do. */
  kill(): void;
}

/** The built functions with local queues, secrets and a sandbox of each provider; `onLog` gets their lines of log. */
export async function startDemoStack(onLog: (line: string) => void): Promise<DemoStack> {
  await using parts = new AsyncDisposableStack();
  const started = new Map<string, Sandbox>();
  for (const [name, start] of sandboxes) {
    started.set(
      name,
      parts.adopt(await start(), (sandbox) => sandbox.close()),
    );
  }
  prepareDemo(started);
  const stack = parts.use(
    await startStack({
      // What a function that died was working at comes back after six times as long.
      timeoutMs: 20_000,
      visibilityScale: 1 / DELAYS_SHORTENED,
      environment: Object.fromEntries(
        [...started.values()].flatMap(({ environment }) => Object.entries(environment)),
      ),
      secrets: Object.fromEntries(
        [...started].map(([name, { secret }]) => [`usher/${name}/default`, secret]),
      ),
      onLog,
    }),
  );
  const { sqs, queues, endpoint, functions } = stack;
  const running = parts.move();
  return {
    sqs,
    queues,
    endpoint,
    kill() {
      for (const each of Object.values(functions)) each.kill();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
