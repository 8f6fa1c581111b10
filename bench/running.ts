import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ask, end } from './child.ts';
import type { Contestant } from './contestants.ts';
import { messageId } from './records.ts';
import type { Ready, Took, Turn } from './turn.ts';

const worker = fileURLToPath(new URL('dist/worker.mjs', import.meta.url));

/** What Lambda gives to a container. */
const FILE_DESCRIPTORS = 1024;
const LAMBDA = {
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'bench',
  AWS_SESSION_TOKEN: 'bench',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: 'bench',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/21/[$LATEST]00000000000000000000000000000000',
  TZ: ':UTC',
};
const SETTINGS = {
  // Usher's.
  MAX_RECEIVES: '15',
  EVENT_SOURCE: 'urn:usher:bench',
  // Its peers'.
  SECRET_NAME: 'usher/fireworks/default',
  IDEMPOTENCY_TABLE: 'idempotency',
  POWERTOOLS_SERVICE_NAME: 'bench',
  POWERTOOLS_METRICS_NAMESPACE: 'Bench',
  // All.
  LOG_LEVEL: 'INFO',
};

const tookSchema: z.ZodType<Took> = z.object({
  sinceStartMs: z.number(),
  wallMs: z.number(),
  cpuMs: z.number(),
  maxRssMib: z.number(),
  failed: z.array(z.string()),
  timedOut: z.boolean(),
});
const readySchema: z.ZodType<Ready> = z.object({
  importMs: z.number(),
  cpuMs: z.number(),
  took: tookSchema.optional(),
});

/** What became of a turn: how long it took, or that the process died of it and so many records went back. */
export type Outcome = Took | { readonly died: true; readonly failed: readonly string[] };

/** A contestant's process, which is started anew where it has ended, as Lambda does with containers. */
export interface Running extends AsyncDisposable {
  turn(turn: Turn): Promise<Outcome>;
}

export interface RunOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Called with the size of all that is logged. */
  readonly onLog?: (bytes: number) => void;
}

/** Starts a process with a first turn, which it takes right after its import; answers with undefined where it died. */
export async function runOnce(
  contestant: Contestant,
  turn: Turn,
  options: RunOptions,
): Promise<Ready | undefined> {
  const child = start(contestant, options, turn);
  try {
    const answer = await ask(child);
    return answer === undefined ? undefined : readySchema.parse(answer);
  } finally {
    await end(child);
  }
}

export function run(contestant: Contestant, options: RunOptions): Running {
  let child: ChildProcess | undefined;

  async function stop(): Promise<void> {
    if (child) await end(child);
    child = undefined;
  }

  return {
    async turn(turn) {
      if (child === undefined) {
        child = start(contestant, options);
        await ask(child);
      }
      const answer = await ask(child, JSON.stringify(turn));
      const outcome: Outcome = answer === undefined ? diedOf(turn) : tookSchema.parse(answer);
      if ('died' in outcome || outcome.timedOut) await stop();
      return outcome;
    },
    [Symbol.asyncDispose]: stop,
  };
}

function start({ file }: Contestant, { environment, onLog }: RunOptions, turn?: Turn): ChildProcess {
  const limited = `ulimit -n ${FILE_DESCRIPTORS} && exec "$0" "$@"`;
  const args = turn === undefined ? [file] : [file, JSON.stringify(turn)];
  const child = spawn('sh', ['-c', limited, process.execPath, worker, ...args], {
    env: { ...LAMBDA, ...SETTINGS, ...environment },
    stdio: ['ignore', onLog ? 'pipe' : 'ignore', 'ignore', 'ipc'],
  });
  child.stdout?.on('data', (chunk: Buffer) => onLog?.(chunk.byteLength));
  return child;
}

function diedOf({ first, batches, size }: Turn): Outcome {
  return { died: true, failed: Array.from({ length: batches * size }, (_, at) => messageId(first + at)) };
}
