import { readStage } from '../../deployment/stage-file.ts';
import { readStack } from '../../operator/aws/stack.ts';
import { triggerState } from '../../operator/aws/trigger.ts';
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
import { changesTo, surprisesOf } from './decisions.ts';
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
  .addHelpText('after', more);

await run(command, async (options) => {
  const stage = stageOf(options);
  const reading = await readStage(stage, options.param);
  if (reading.problems.length > 0)
    throw new InputError(listed('The parameters are wrong:', reading.problems));
  const region = await regionOf(options);
  const stack = await showTarget(stage, region);
  if (stack?.deployedWith) {
    const { deployedWith } = stack;
    showChanges(changesTo(deployedWith, reading));
    const trigger = await triggerState(stack, region);
    const surprises = surprisesOf({
      stage,
      deployedWith,
      reading,
      trigger,
      isToStart: options.start === true,
    });
    if (surprises.length > 0) throw new Refusal(listed('Nothing was deployed:', surprises));
  }
  await deploy({ ...options, stage, region });
});

async function deploy(options: Options & { readonly stage: string; readonly region: string }): Promise<void> {
  const { stage, region, param } = options;
  await build();
  await runOsls(['deploy'], { stage, region, param });
  const outputs = (await readStack(stage, region))?.outputs;
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
