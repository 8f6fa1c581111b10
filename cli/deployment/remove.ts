import { type QueueName, queueDepths } from '../../operator/aws/queues.ts';
import type { DeployedStack } from '../../operator/aws/stack.ts';
import { ask } from '../terminal/ask.ts';
import { amount } from '../terminal/text.ts';
import { listed, Refusal, regionOf, run, stageCommand, stageOf } from './command.ts';
import { showTarget } from './header.ts';
import { runOsls } from './osls.ts';

const more = `
Queues, alarms, dashboard and logs go with the stack. It is refused while
requests wait, or completions or dead letters are unread. Secrets stay, and
users at the providers. Detach the policies of the stack from your own roles
first: IAM deletes no policy that is attached.

Examples:
  npm run remove -- --stage staging
  npm run remove -- --stage staging --confirm staging     without a terminal`;

const WHAT_TO_DO: Readonly<Record<QueueName, string>> = {
  requests: 'Stop who sends them, and wait until they are answered',
  'requests-exhausted': 'Wait until they are answered, which takes an hour at most',
  completions: 'Let the product read them to the end',
  'dead-letters': 'Try them again or delete them, as docs/operations.md says',
};

const command = stageCommand('remove')
  .description('Removes a stage.')
  .option('--confirm <name>', "the stage's name once more, in place of the question")
  .option('--drop-unread', 'removes what nobody has read along with it')
  .addHelpText('after', more);

await run(command, async (options) => {
  const stage = stageOf(options);
  const region = await regionOf(options);
  const stack = await showTarget(stage, region);
  if (stack === undefined) throw new Refusal(`There is no stage ${stage} in ${region}.`);
  if (stack.isProtected) {
    const first = `npm run deploy -- --stage ${stage} --region ${region} --param "deletionProtection=false"`;
    throw new Refusal(`The stage ${stage} is protected. If it is to go all the same, first run: ${first}`);
  }
  await refuseUnread(stack, region, options.dropUnread === true);
  await confirm(stage, options.confirm);
  await removeStack(stage, region);
  const prefix = stack.deployedWith?.settings.secretPrefix ?? `usher/${stage}/`;
  process.stdout.write(`\nThe secrets below ${prefix} and the users at the providers are still there.\n`);
});

async function removeStack(stage: string, region: string): Promise<void> {
  try {
    await runOsls(['remove'], { stage, region });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const policies = 'ProducerPolicy, ConsumerPolicy or OperatorPolicy';
    throw new Refusal(
      `${error.message} Where IAM says that ${policies} is attached (DeleteConflict), detach it from that role, and remove the stage again.`,
    );
  }
}

async function refuseUnread(stack: DeployedStack, region: string, isToDrop: boolean): Promise<void> {
  const filled = (await queueDepths(stack, region)).filter(({ messages }) => messages > 0);
  if (filled.length === 0) return;
  if (isToDrop) {
    const lines = filled.map(({ name, messages }) => `${name}: about ${amount(messages)}`);
    process.stdout.write(`${listed('What nobody has read goes along:', lines)}\n\n`);
    return;
  }
  const lines = filled.map(({ name, messages }) => `${name}: about ${amount(messages)}. ${WHAT_TO_DO[name]}`);
  const title = `Nothing was removed: there are messages in the stage's queues. Where they may be lost, say --drop-unread.`;
  throw new Refusal(listed(title, lines));
}

async function confirm(stage: string, given: unknown): Promise<void> {
  if (given === undefined && !process.stdin.isTTY)
    throw new Refusal("Nothing was removed. Without a terminal, say --confirm and the stage's name.");
  const name = given ?? (await ask(`Type the stage's name to remove it (${stage}): `));
  if (name === '') throw new Refusal('Nothing was removed.');
  if (name !== stage) throw new Refusal(`Nothing was removed: ${name} is not ${stage}.`);
}
