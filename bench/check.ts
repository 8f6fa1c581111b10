import * as z from 'zod';
import type { Bench } from './bench.ts';
import { type Contestant, workers } from './contestants.ts';
import { MIXED_KINDS, messageId, requestId } from './records.ts';
import { run } from './running.ts';
import type { Tally } from './stubs.ts';

const SIZE = 10;
const GOOD = SIZE - MIXED_KINDS;

const completionSchema = z.object({ data: z.object({ request: z.object({ id: z.string() }) }) });

/**
 * Lets each contestant handle a batch with a malformed event, one that the provider refuses and one that it cannot
 * take now; throws where users, outcomes or the records that go back are not what they must be.
 */
export async function checkAll(bench: Bench): Promise<void> {
  for (const contestant of workers) {
    bench.show(`checking the results of ${contestant.name}`);
    await check(bench, contestant);
  }
}

async function check({ stubs, requests }: Bench, contestant: Contestant): Promise<void> {
  await using running = run(contestant, { environment: stubs.environment });
  await stubs.restart(0);
  const first = requests(SIZE);
  const { failed } = await running.turn({ first, batches: 1, size: SIZE, isMixed: true });
  const seen = { ...outcomesOf(await stubs.restart(0)), handedBack: [...failed].sort() };
  const wanted = wantedOf(contestant, first);
  if (JSON.stringify(seen) !== JSON.stringify(wanted))
    throw new Error(
      `${contestant.name} did ${JSON.stringify(seen)}, and should have done ${JSON.stringify(wanted)}.`,
    );
}

function outcomesOf({ aws: { sent }, provider: { created } }: Tally) {
  const completed = (sent.completions ?? []).map(
    (body) => completionSchema.parse(JSON.parse(body)).data.request.id,
  );
  return { users: created, completed: completed.sort(), deadLettered: sent['dead-letters']?.length ?? 0 };
}

/** The floors know no dead letters: whatever goes wrong goes back. */
function wantedOf({ kind }: Contestant, first: number) {
  const isFloor = kind === 'floor';
  const numbers = Array.from({ length: SIZE }, (_, at) => first + at);
  return {
    users: GOOD,
    completed: numbers.slice(0, GOOD).map(requestId).sort(),
    deadLettered: isFloor ? 0 : MIXED_KINDS - 1,
    handedBack: numbers.slice(isFloor ? GOOD : -1).map(messageId),
  };
}
