import { type Deployment, keptDeployments } from '../../operator/aws/deployments.ts';
import type { DeployedStack } from '../../operator/aws/stack.ts';
import { startTrigger, triggerState } from '../../operator/aws/trigger.ts';
import { tableOf } from '../terminal/text.ts';
import { listed, Refusal, regionOf, run, stageCommand, stageOf } from './command.ts';
import { changesBack, obstacleOf, surprisesOfRollback } from './decisions.ts';
import { showTarget } from './header.ts';
import { runOsls } from './osls.ts';

const more = `
Code and parameters go back together. What is under way comes back and is
answered all the same.

Examples:
  npm run rollback -- --stage prod                        what there is to go back to
  npm run rollback -- --stage prod --to 1764144000000     goes back to it`;

const command = stageCommand('rollback')
  .description('Goes back to an earlier deployment of a stage.')
  .option('--to <timestamp>', 'which one, by the number that the list shows')
  .option('--start', 'starts the trigger of user-requested where somebody has stopped it')
  .addHelpText('after', more);

await run(command, async (options) => {
  const stage = stageOf(options);
  const region = await regionOf(options);
  const stack = await showTarget(stage, region);
  if (stack === undefined) throw new Refusal(`There is no stage ${stage} in ${region}.`);
  const kept = await keptDeployments(stage, region);
  if (kept.length === 0)
    throw new Refusal(`No deployment of ${stage} is kept in ${region} that it could go back to.`);
  const { to } = options;
  if (typeof to === 'string')
    await goBack(to, kept, stack, { stage, region, isToStart: options.start === true });
  else showKept(kept, stack, `npm run rollback -- --stage ${stage} --region ${region} --to`);
});

function showKept(kept: readonly Deployment[], { deployedWith: now }: DeployedStack, command: string): void {
  const titles = ['--to', 'Deployed', 'Version', 'Parameters'].map((title) => ({ title }));
  const rows = kept.map(({ timestamp, deployedWith: then }) => {
    const when = `${new Date(Number(timestamp)).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
    return [timestamp, when, then?.version ?? 'unknown', wordsFor(now && then && changesBack(now, then))];
  });
  const lines = tableOf(
    titles,
    rows.map((row) => row.map((text) => ({ text }))),
  ).map((line) => line.trimEnd());
  process.stdout.write(`${lines.join('\n')}\n\nTo go back to one: ${command} <number>\n`);
}

function wordsFor(changes: readonly string[] | undefined): string {
  if (changes === undefined) return 'unknown';
  return changes.length === 0 ? 'as they are now' : changes.join('; ');
}

interface Asked {
  readonly stage: string;
  readonly region: string;
  readonly isToStart: boolean;
}

async function goBack(
  timestamp: string,
  kept: readonly Deployment[],
  stack: DeployedStack,
  { stage, region, isToStart }: Asked,
): Promise<void> {
  const target = kept.find((each) => each.timestamp === timestamp);
  if (target === undefined)
    throw new Refusal(
      `No deployment ${timestamp} of ${stage} is kept. Without --to, all that are kept are shown.`,
    );
  const { deployedWith: now } = stack;
  const { deployedWith: then } = target;
  const changes = now && then && changesBack(now, then);
  const title = `Going back to version ${then?.version ?? 'unknown'}, parameters: `;
  process.stdout.write(`${title}${wordsFor(changes)}\n\n`);
  const obstacle = obstacleOf(stack.status, stage, region);
  const trigger = await triggerState(stack, region);
  const surprises = surprisesOfRollback(now, then, { trigger, isToStart });
  const reasons = obstacle === undefined ? surprises : [obstacle];
  if (reasons.length > 0) throw new Refusal(listed('Nothing was rolled back:', reasons));
  await runOsls(['rollback'], { stage, region }, ['--timestamp', timestamp]);
  if (isToStart && (await startTrigger(stack, region)))
    process.stdout.write('\nThe trigger of user-requested was stopped, and is started.\n');
}
