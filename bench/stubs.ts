import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { ask, end } from './child.ts';

const addressesSchema = z.object({ aws: z.string(), provider: z.string() });
const tallySchema = z.object({
  aws: z.object({
    calls: z.record(z.string(), z.number()),
    sent: z.record(z.string(), z.array(z.string())),
  }),
  provider: z.object({ created: z.number(), calls: z.number() }),
});
export type Tally = z.output<typeof tallySchema>;

/** The stand-ins for AWS and the provider, in a process of their own. */
export interface Stubs extends AsyncDisposable {
  /** Where a contestant finds them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Begins anew with this latency of the provider; answers with what was seen until now. */
  restart(latencyMs: number): Promise<Tally>;
}

export async function startStubs(): Promise<Stubs> {
  const child = fork(fileURLToPath(new URL('stubs/main.ts', import.meta.url)));
  const { aws, provider } = addressesSchema.parse(await ask(child));
  const queue = (name: string) => `${aws}/000000000000/${name}`;
  return {
    environment: {
      AWS_ENDPOINT_URL_SQS: aws,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws,
      AWS_ENDPOINT_URL_DYNAMODB: aws,
      FIREWORKS_BASE_URL: provider,
      REQUEST_QUEUE_URL: queue('requests'),
      COMPLETION_QUEUE_URL: queue('completions'),
      DEAD_LETTER_QUEUE_URL: queue('dead-letters'),
    },
    restart: async (latencyMs) => tallySchema.parse(await ask(child, { latencyMs })),
    [Symbol.asyncDispose]: () => end(child),
  };
}
