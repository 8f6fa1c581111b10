import { readStage } from '../../deployment/stage-file.ts';
import own from '../../package.json' with { type: 'json' };
import { build } from '../build/bundle.ts';
import { InputError } from '../terminal/arguments.ts';
import { listed, run, stageCommand, stageOf, withParameters } from './command.ts';
import { runOsls } from './osls.ts';

const more = `
Needs neither network nor credentials, and gives the same bytes each time.

Example:
  npm run package -- --stage prod`;

const command = withParameters(stageCommand('package'))
  .description(
    'Writes the CloudFormation template and the zips of a stage into .serverless/; of dev where none is named.',
  )
  .addHelpText('after', more);

await run(command, async ({ stage = 'dev', ...options }) => {
  stageOf({ ...options, stage });
  const { problems } = await readStage(stage, options.param);
  if (problems.length > 0) throw new InputError(listed('The parameters are wrong:', problems));
  process.stdout.write(`  stage    ${stage}\n  version  ${own.version}\n`);
  await build();
  await runOsls(['package'], { ...options, stage });
});
