import { sandboxes } from '../../local/sandboxes/index.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { prepareDemo } from './demo.ts';

export interface DemoStack extends Pick<Stack, 'sqs' | 'queues' | 'endpoint'>, AsyncDisposable {
  /** The provider's stand-ins, by the provider's name. */
  readonly sandboxes: ReadonlyMap<string, Sandbox>;
  /** Ends the functions at once, in the middle of whatever they do. */
  kill(): void;
}

export interface DemoStackOptions {
  /** How many times shorter a delayed message stays away than in AWS. */
  readonly delaysShortened: number;
  /** Where AWS is on this machine; a free port where none is given. */
  readonly port?: number;
  /** Sees every event before a function does. */
  readonly onInvoke?: StackOptions['onInvoke'];
  /** Gets the functions' lines of log. */
  readonly onLog: (line: string, functionName: string) => void;
}

/** Secrets are `<SECRET_PREFIX><provider>/<connection>`, as in a deployment. */
export const SECRET_PREFIX = 'usher/local/';

/** The built functions with local queues, secrets and a sandbox of each provider. */
export async function startDemoStack({
  delaysShortened,
  port = 0,
  onInvoke,
  onLog,
}: DemoStackOptions): Promise<DemoStack> {
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
      visibilityScale: 1 / delaysShortened,
      port,
      environment: Object.assign(
        { SECRET_PREFIX },
        ...[...started.values()].map(({ environment }) => environment),
      ),
      secrets: Object.fromEntries(
        [...started].map(([name, { secret }]) => [`${SECRET_PREFIX}${name}/default`, secret]),
      ),
      ...(onInvoke && { onInvoke }),
      onLog,
    }),
  );
  const { sqs, queues, endpoint, functions } = stack;
  const running = parts.move();
  return {
    sqs,
    queues,
    endpoint,
    sandboxes: started,
    kill() {
      for (const each of Object.values(functions)) each.kill();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
