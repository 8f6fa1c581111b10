import { readStage } from '../../deployment/stage-file.ts';
import { readStack } from '../../operator/aws/stack.ts';
import { startTrigger, triggerState } from '../../operator/aws/trigger.ts';
import { build } from '../build/bundle.ts';
import { InputError } from '../terminal/arguments.ts';
import {
  listed,
  type Options,
  Refusal,
  regionOf,
  run,
  stageCommand,
  stageOf,
  withParameters,
} from './command.ts';
import { changesTo, obstacleOf, surprisesOf } from './decisions.ts';
import { showChanges, showTarget } from './header.ts';
import { runOsls } from './osls.ts';

const more = `
The parameters of a stage stand in deployment/stage.<name>.yml; every one that
there is, with its reason, in deployment/stage.example.yml. What changes is shown
before anything is done.

Examples:
  npm run deploy -- --stage prod
  npm run deploy -- --stage prod --region eu-central-1 --param "maximumConcurrency=10"`;

const command = withParameters(stageCommand('deploy'))
  .description('Deploys a stage: makes it, or brings it up to date.')
  .option('--start', 'starts the trigger of user-requested where somebody has stopped it')
  .option('--uncompared', 'deploys over a stack that does not tell what it was deployed with')
  .addHelpText('after', more);

await run(command, async (options) => {
  const stage = stageOf(options);
  const isToStart = options.start === true;
  const param = isToStart ? startedBy(options.param) : options.param;
  const reading = await readStage(stage, param);
  if (reading.problems.length > 0)
    throw new InputError(listed('The parameters are wrong:', reading.problems));
  const region = await regionOf(options);
  const stack = await showTarget(stage, region);
  const obstacle = stack && obstacleOf(stack.status, stage, region);
  if (obstacle) throw new Refusal(listed('Nothing was deployed:', [obstacle]));
  const deployedWith = stack?.deployedWith;
  showChanges(changesTo(deployedWith, reading), deployedWith !== undefined);
  if (stack) {
    const trigger = await triggerState(stack, region);
    const isUncompared = options.uncompared === true;
    const surprises = surprisesOf({ stage, deployedWith, reading, trigger, isToStart, isUncompared });
    if (surprises.length > 0) throw new Refusal(listed('Nothing was deployed:', surprises));
  }
  await deploy({ ...options, param, stage, region }, isToStart);
});

/** Whoever says --start wants it now, whatever the stage's file says of every day. */
function startedBy(param: readonly string[]): string[] {
  if (param.some((each) => each.startsWith('triggerEnabled=')))
    throw new InputError('--start is triggerEnabled=true for this deployment: say one of them.');
  return [...param, 'triggerEnabled=true'];
}

async function deploy(
  options: Options & { readonly stage: string; readonly region: string },
  isToStart: boolean,
): Promise<void> {
  const { stage, region, param } = options;
  await build();
  await runOsls(['deploy'], { stage, region, param });
  const stack = await readStack(stage, region);
  // CloudFormation looks at templates, not at what somebody has done beside them: it may have had nothing to change.
  if (isToStart && stack && (await startTrigger(stack, region)))
    process.stdout.write('\nThe trigger of user-requested was stopped, and is started.\n');
  const outputs = stack?.outputs;
  const told = [
    ['requests go to', 'RequestsQueueUrl'],
    ['answers come from', 'CompletionsQueueUrl'],
    ['dead letters lie in', 'DeadLettersQueueUrl'],
    ['how it is', 'DashboardUrl'],
  ];
  const lines = told.map(([what = '', output = '']) => `  ${what.padEnd(20)} ${outputs?.get(output) ?? ''}`);
  process.stdout.write(
    `\n${lines.join('\n')}\n\ndocs/operations.md says how to send a request and see its answer.\n`,
  );
}
