import { type Answer, wordsFor } from './answers.ts';
import { callFigures } from './costs.ts';
import { startDisasters } from './disasters.ts';
import { createJournal } from './journal.ts';
import { createTraffic } from './requests.ts';
import { type ChaosResult, concluded, distinctOutcomes } from './result.ts';
import { createTally } from './tally.ts';
import { runTraffic } from './traffic.ts';
import { judge } from './verdict.ts';
import { MAX_RECEIVES, REFUSED, SOCKETS_ENDED, startWorld } from './world.ts';

export interface ChaosOptions {
  readonly requests: number;
  readonly seed: number;
  /** Called once everything runs. */
  readonly onStart: (running: Running) => void;
  /** Gets what a function logs as a defect. */
  readonly onTrouble: (line: string) => void;
}

export interface Running {
  status(): Status;
  /** Ends all processes at once. */
  kill(): void;
}

/** How far a run is. */
export interface Status {
  readonly messages: number;
  readonly sent: number;
  readonly outcomes: number;
  readonly deliveries: number;
  readonly kills: number;
  readonly faults: number;
}

const PATIENCE_MS = 120_000;
const CONTAINERS = 'containers';

function outcomesIn(answers: readonly Answer[]): number {
  return answers.filter(({ isCopy }) => !isCopy).length;
}

/** Sends requests through the built functions while everything around them fails, and judges what is left behind. */
export async function runChaos({ seed, onStart, onTrouble, ...options }: ChaosOptions): Promise<ChaosResult> {
  const startedAt = performance.now();
  const traffic = createTraffic(seed, options.requests);
  const { requests, messages, strangers } = traffic;
  const journal = createJournal(() => performance.now());
  const [faults, kills] = [createTally(), createTally()];
  const answers: Answer[] = [];
  let sent = 0;

  await using world = await startWorld({ seed, strangers, journal, faults, onTrouble });
  const { stack, sandboxes, counts } = world;
  onStart({
    status: () => ({
      ...{ messages: messages.length, sent, outcomes: outcomesIn(answers), deliveries: counts.deliveries },
      ...{ kills: kills.total(), faults: faults.total() },
    }),
    kill: world.kill,
  });

  kills.expect(CONTAINERS, Object.keys(stack.functions));
  const disasters = startDisasters({
    ...{ seed, functions: stack.functions, sandboxes, outcomes: () => outcomesIn(answers) },
    onKill: (functionName) => kills.count(CONTAINERS, functionName),
    onRefusal: (provider) => faults.count(provider, REFUSED),
    onSocketEnd: (provider, how) => faults.count(provider, SOCKETS_ENDED[how]),
  });
  await runTraffic({
    ...{ stack, traffic, patienceMs: PATIENCE_MS },
    onSent({ body, queue }) {
      sent += 1;
      journal.ofRequest(body, `sent to ${queue}`);
    },
    onAnswer(answer) {
      answers.push(answer);
      journal.ofRequest(answer.requestId ?? '', wordsFor(answer));
    },
    onAnswered: disasters.end,
  }).finally(disasters.end);

  const remains = {
    ...{ requests, answers, users: world.users(), maxReceives: MAX_RECEIVES },
    ...world.observations,
  };
  return {
    ...{ requests: requests.length, messages: messages.length, deliveries: counts.deliveries },
    kills: kills.tally()[CONTAINERS] ?? {},
    invocations: { cutShort: counts.cutShort, timedOut: counts.timedOut },
    calls: callFigures(remains),
    faults: faults.tally(),
    outcomes: outcomesIn(answers),
    distinctOutcomes: distinctOutcomes(answers),
    ...{ seed, elapsedMs: Math.round(performance.now() - startedAt) },
    ...concluded(judge(remains), requests, journal),
  };
}
