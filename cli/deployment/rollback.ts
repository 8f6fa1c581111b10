import { Refusal, regionOf, run, stageCommand, stageOf } from './command.ts';
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
  .addHelpText('after', more);

await run(command, async (options) => {
  const stage = stageOf(options);
  const region = await regionOf(options);
  if ((await showTarget(stage, region)) === undefined)
    throw new Refusal(`There is no stage ${stage} in ${region}.`);
  const { to } = options;
  if (typeof to === 'string') await runOsls(['rollback'], { stage, region }, ['--timestamp', to]);
  else await runOsls(['deploy', 'list'], { stage, region });
});
