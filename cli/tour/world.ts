import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { type OutcomeEvent, outcomeSchema } from '../../lib/events/outcome-schemas.ts';
import { parseJson } from '../../lib/json.ts';
import { createLeapingClock } from '../../local/lambda/leaping-clock.ts';
import { createQueueReader } from '../../local/queue-reader.ts';
import { json } from '../../local/sandboxes/calls.ts';
import { startFireworks } from '../../local/sandboxes/fireworks.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import { type Stack, startStack } from '../../local/stack.ts';

/** What a tour can do, and see from outside. */
export interface TourWorld extends AsyncDisposable {
  readonly stack: Stack;
  readonly fireworks: Sandbox;
  /** Asks for a user of each name, in a request of its own; the same name is the same request. */
  ask(...names: readonly string[]): Promise<void>;
  /** All answers so far to the request for the user of that name, as the product gets them. */
  answersTo(name: string): readonly OutcomeEvent[];
  /** How often the functions have logged a message. */
  logged(message: string): number;
  /** Whether the provider answers everything by 503. */
  setDown(isDown: boolean): void;
  /** Lets a minute go by for the containers, in a moment. */
  minuteGoesBy(): Promise<void>;
  /** What `npx usher` prints. */
  usher(...args: readonly string[]): Promise<string>;
  /** Resolves once it is so; fails where it is not for half a minute. */
  until(what: string, isSo: () => boolean): Promise<void>;
}

/** How many times shorter a delayed message stays away than in AWS. */
export const DELAYS_SHORTENED = 60;
export const SECRET = 'usher/fireworks/default';

const PATIENCE_MS = 30_000;
const LOOK_MS = 50;
const MINUTE_MS = 60_000;
const command = fileURLToPath(new URL('../usher/main.ts', import.meta.url));

export async function startTourWorld(onTrouble: (line: string) => void): Promise<TourWorld> {
  await using parts = new AsyncDisposableStack();
  const clock = parts.use(await createLeapingClock());
  const logs: string[] = [];
  const outcomes: OutcomeEvent[] = [];
  let isDown = false;
  const down = { applied: false, reply: json(503, { message: 'Down for maintenance' }) } as const;
  const sandbox = await startFireworks({ onCall: () => (isDown ? down : undefined) });
  const fireworks = parts.adopt(sandbox, ({ close }) => close());
  const stack = parts.use(
    await startStack({
      // For Lambda the minutes that go by are a part of the invocation.
      timeoutMs: 300_000,
      // What a function that died was working at comes back so soon; in AWS after six minutes.
      visibilitySeconds: 6,
      visibilityScale: 1 / DELAYS_SHORTENED,
      environment: { ...fireworks.environment, ...clock.environment },
      secrets: { [SECRET]: fireworks.secret },
      onLog(line) {
        logs.push(line);
        if (line.includes('"level":"ERROR"') && !line.includes('"error":"Failure"')) onTrouble(line);
      },
    }),
  );
  let isOver = false;
  const reading = readOutcomes();
  parts.defer(async () => {
    isOver = true;
    await reading;
  });

  async function readOutcomes(): Promise<void> {
    const reader = createQueueReader(stack.sqs, stack.queues.completions.url, onTrouble);
    while (!isOver) {
      const messages = await reader.receive(10);
      outcomes.push(...messages.map(({ Body = '' }) => outcomeSchema.parse(parseJson(Body))));
      if (messages.length > 0) await reader.remove(messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
    }
  }

  const running = parts.move();
  return {
    stack,
    fireworks,
    async ask(...names) {
      for (const name of names) {
        const MessageBody = JSON.stringify(requestFor(name));
        await stack.sqs.send(new SendMessageCommand({ QueueUrl: stack.queues.requests.url, MessageBody }));
      }
    },
    answersTo: (name) => outcomes.filter(({ causationid }) => causationid === idOf(name)),
    logged: (message) => logs.filter((line) => line.includes(`"message":"${message}"`)).length,
    setDown(next) {
      isDown = next;
    },
    minuteGoesBy: () => clock.leap(MINUTE_MS + 1_000),
    async usher(...args) {
      const { npm_lifecycle_event, AWS_PROFILE, ...inherited } = process.env;
      const env = {
        ...inherited,
        ...{ AWS_ENDPOINT_URL: stack.endpoint, AWS_REGION: 'us-east-1' },
        ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', USHER_STAGE: 'local' },
      };
      const ran = await promisify(execFile)(process.execPath, [command, ...args], { env }).catch(
        (error) => error,
      );
      return ran.stdout;
    },
    async until(what, isSo) {
      const startedAt = performance.now();
      while (!isSo()) {
        if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`Waited in vain: ${what}`);
        await delay(LOOK_MS);
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function requestFor(name: string) {
  return {
    specversion: '1.0',
    id: idOf(name),
    source: 'https://signup.example.com',
    type: 'user.requested.v1',
    data: { provider: 'fireworks', user: { email: `${name}@example.com` } },
  };
}

function idOf(name: string): string {
  return `signup-${name}`;
}
