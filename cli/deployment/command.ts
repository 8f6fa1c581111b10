import { Command, Option } from 'commander';
import { problemOfStage } from '../../deployment/settings.ts';
import { usualRegion } from '../../operator/aws/account.ts';
import { wordsForAwsError } from '../../operator/aws/refused.ts';
import { InputError, swallowedOption } from '../terminal/arguments.ts';

export interface Options {
  readonly stage?: string;
  readonly region?: string;
  readonly param: readonly string[];
}

/** The command does nothing, and says why and what to do instead. */
export class Refusal extends Error {}

const EXIT = { refused: 1, unusable: 2 };

/** A command of `npm run` that works on one stage; `swallowed` are its options that npm may keep for itself. */
export function stageCommand(script: string, swallowed: readonly string[]): Command {
  const kept = swallowedOption(script, ['stage', 'region', 'param', ...swallowed]);
  const command = new Command(`npm run ${script} --`)
    .option('--stage <name>', 'which stage')
    .option('--region <name>', 'which region; else AWS_REGION, or that of the AWS profile')
    .showHelpAfterError(`What there is to know: npm run ${script} -- --help`)
    .configureOutput({ outputError: (text, write) => write(text) })
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT.unusable));
  if (kept !== undefined) stop(kept, EXIT.unusable);
  return command;
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

export async function regionOf({ region }: Options): Promise<string> {
  const found = region ?? (await usualRegion()) ?? process.env.AWS_DEFAULT_REGION;
  if (found === undefined || found === '')
    throw new InputError('Say which region: --region eu-central-1, or set AWS_REGION.');
  return found;
}

/** One sentence for several problems, each with what to do about it. */
export function listed(title: string, problems: readonly string[]): string {
  return [title, ...problems.map((problem) => `- ${problem}`)].join('\n');
}
