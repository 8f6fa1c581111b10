import { Command, Option } from 'commander';
import { problemOfStage } from '../../deployment/settings.ts';
import { regionOfProfile } from '../../operator/aws/account.ts';
import { wordsForAwsError } from '../../operator/aws/refused.ts';
import { InputError } from '../terminal/arguments.ts';
import { regionFrom } from '../terminal/region.ts';
import { rightSpelling } from './swallowed.ts';

export interface Options {
  readonly stage?: string;
  readonly region?: string;
  readonly param: readonly string[];
}

/** The command does nothing, and says why and what to do instead. */
export class Refusal extends Error {}

const EXIT = { refused: 1, unusable: 2 };

const PREFIX = 'npm run ';

/** A command of `npm run` that works on one stage. */
export function stageCommand(script: string): Command {
  return new Command(`${PREFIX}${script} --`)
    .option('--stage <name>', 'which stage')
    .option('--region <name>', 'which region; else AWS_REGION, AWS_DEFAULT_REGION or that of the AWS profile')
    .showHelpAfterError(`What there is to know: npm run ${script} -- --help`)
    .configureOutput({ outputError: (text, write) => write(text) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.unusable));
}

export function withParameters(command: Command): Command {
  const gather = (value: string, before: readonly string[]) => [...before, value];
  return command.addOption(
    new Option(
      '--param <name=value>',
      'sets a parameter for this deployment alone; those of a stage stand in its file',
    )
      .argParser(gather)
      .default([], 'none'),
  );
}

/** Runs it, and ends the process with one sentence where it fails. */
export async function run(
  command: Command,
  action: (options: Options & Record<string, unknown>) => Promise<void>,
) {
  refuseMisspelt(command);
  try {
    await command.action(action).parseAsync();
  } catch (error) {
    if (error instanceof InputError) stop(error.message, EXIT.unusable);
    if (error instanceof Refusal) stop(error.message, EXIT.refused);
    const words = wordsForAwsError(error);
    if (words === undefined) throw error;
    stop(words, EXIT.refused);
  }
}

/** What npm has kept would otherwise be missing, and a default or nothing stand in its place. */
function refuseMisspelt(command: Command): void {
  const script = command.name().slice(PREFIX.length).split(' ')[0] ?? '';
  const isOfNpm = process.env.npm_lifecycle_event === script;
  const known = command.options.map((option) => ({
    name: option.long?.slice(2) ?? '',
    hasValue: option.required,
  }));
  const args = process.argv.slice(2);
  const told = rightSpelling(script, known, args, isOfNpm ? process.env : {});
  if (told !== undefined) stop(told, EXIT.unusable);
}

function stop(message: string, code: number): never {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}

/** The stage that was named, by no other name than one that a stage can have. */
export function stageOf({ stage }: Options): string {
  if (stage === undefined) throw new InputError('Say which stage: --stage prod');
  const problem = problemOfStage(stage);
  if (problem) throw new InputError(`--stage ${stage}: ${problem}`);
  return stage;
}

export function regionOf({ region }: Options): Promise<string> {
  return regionFrom(region, regionOfProfile);
}

/** One sentence for several problems, each with what to do about it. */
export function listed(title: string, problems: readonly string[]): string {
  return [title, ...problems.map((problem) => `- ${problem}`)].join('\n');
}
