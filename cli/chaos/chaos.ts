import { Command, InvalidArgumentError, Option } from 'commander';
import wrapAnsi from 'wrap-ansi';
import { build } from '../build/bundle.ts';
import { swallowedOption } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { findingsOf, reportOf, statusOf } from './report.ts';
import { findingsIn } from './result.ts';
import { runChaos } from './run.ts';
import { CONTRADICTIONS, TOO_MANY_CALLS } from './verdict.ts';

interface Options {
  readonly requests: number;
  readonly seed: number;
  readonly json?: boolean;
}

const EXIT = { kept: 0, broken: 1, unusable: 2, SIGINT: 130, SIGTERM: 143 };
const MOST_SEEDS = 1_000_000;

const HELP_COLUMNS = 80;

const more = `
Requests for both providers go through the built functions in Lambda's own
runtime client: new users, the same request twice, the same user in different
requests, conflicts, malformed and forbidden ones. Meanwhile calls of the
providers, of SQS and of Secrets Manager fail, users are shown late, answers come
zipped, connections that were kept are dead, wall clocks jump, and containers are
killed at random moments. The same seed makes the same requests and the same faults, call
by call; which request meets which fault is up to the machine.

What must not be:
  lost                   a request has fewer outcomes than messages
  duplicate user         two users of one provider share a key or an e-mail
  contradictory outcome  one of these:
${CONTRADICTIONS.map(listed).join('\n')}
  too many calls         one of these:
${TOO_MANY_CALLS.map(listed).join('\n')}

Examples:
  npm run chaos                                  a thousand requests
  npm run chaos -- --requests 10000 --seed 1     more of them, the same each time
  npm --silent run chaos -- --json > chaos.json  the figures, no npm banner

Exit status:
  0  nothing was lost, doubled, contradicted or asked too often
  1  something was; the story of the first of those requests is told
  2  the arguments cannot be used`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT[signal]));

await new Command('npm run chaos --')
  .description('Runs the built functions on this machine while everything around them fails.')
  .option('--requests <number>', 'how many requests are sent', wholeNumber, 1_000)
  .addOption(
    new Option('--seed <number>', 'decides on the requests and on the faults')
      .argParser(wholeNumber)
      .default(1 + (Date.now() % MOST_SEEDS), 'another one each time'),
  )
  .option('--json', 'print the result as one JSON object')
  .addHelpText('after', more)
  .configureHelp({ helpWidth: HELP_COLUMNS })
  .showHelpAfterError('What there is to write: npm run chaos -- --help')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.kept : EXIT.unusable))
  .action(async (options: Options) => {
    refuseSwallowedOptions();
    process.exitCode = await chaos(options).catch(explain);
  })
  .parseAsync();

async function chaos({ requests, seed, json = false }: Options): Promise<number> {
  using progress = createProgress(process.stderr);
  process.once('exit', progress.end);
  progress.tell(`Seed ${seed}`);
  progress.show(() => 'Building the functions');
  await build();

  const result = await runChaos({
    ...{ requests, seed },
    onTrouble: progress.tell,
    onStart({ status, kill }) {
      // However this process ends, the functions end with it.
      process.once('exit', kill);
      progress.show(() => statusOf(status()));
    },
  });
  progress.end();
  process.stdout.write(`${json ? JSON.stringify(result) : reportOf(result)}\n`);
  if (findingsIn(result) === 0) return EXIT.kept;
  process.stderr.write(`${findingsOf(result)}\n`);
  return EXIT.broken;
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

function refuseSwallowedOptions(): void {
  const told = swallowedOption('chaos', ['requests', 'seed', 'json']);
  if (told === undefined) return;
  console.error(told);
  process.exit(EXIT.unusable);
}

function listed(line: string): string {
  const indent = '    - ';
  const lines = wrapAnsi(line, HELP_COLUMNS - indent.length).split('\n');
  return indent + lines.join(`\n${' '.repeat(indent.length)}`);
}

function explain(error: unknown): number {
  console.error(error);
  return EXIT.broken;
}
