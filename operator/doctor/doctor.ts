import { configOf } from '../connections.ts';
import type { Target } from '../target.ts';
import { checkPauses, checkSecrets } from './connections.ts';
import { checkAlarms, checkStack, checkSubscription, checkTriggers } from './deployment.ts';
import { type Finding, ifAllowed } from './finding.ts';
import { checkFailures, checkRetries } from './logs.ts';
import { checkQueues } from './queues.ts';

/** Everything that a deployment needs, check by check; `ours` is the version of this command. Changes nothing. */
export async function* examine(target: Target, ours: string): AsyncGenerator<Finding> {
  yield* checkStack(target, ours);
  const checks: readonly (readonly [string, () => Promise<readonly Finding[]>])[] = [
    ['triggers', () => checkTriggers(target)],
    ['queues', () => checkQueues(target)],
    ['alarms', () => checkAlarms(target)],
    ['who hears alarms', () => checkSubscription(target)],
    ['failing invocations', () => checkFailures(target)],
    ['requests handed back', () => checkRetries(target)],
    ['paused connections', () => checkPauses(target)],
    ['secrets', async () => checkSecrets(target, await configOf(target))],
  ];
  for (const [about, check] of checks) yield* await ifAllowed(about, check);
}
