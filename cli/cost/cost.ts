import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { parseJson } from '../../lib/json.ts';
import { swallowedOption } from '../terminal/arguments.ts';
import { createProgress, type Progress } from '../terminal/progress.ts';
import { amount } from '../terminal/text.ts';
import { readDeployment } from './deployment.ts';
import { type Measurement, measurementSchema } from './measurement.ts';
import { PLAN } from './plan.ts';
import { costsOf, reportOf } from './report.ts';
import { usageOf } from './usage.ts';

interface Options {
  readonly requests: number;
  readonly providerMs: number;
  readonly from?: string;
  readonly json?: boolean;
}

/** The arguments cannot be used; the message says what to do. */
class UnusableError extends Error {}

const EXIT = { computed: 0, failed: 1, unusable: 2, SIGINT: 130, SIGTERM: 143 };
const HELP_COLUMNS = 80;
const SLOWEST_PROVIDER_MS = 10_000;

/** The part that is needed of an earlier --json. */
const earlier = z.looseObject({ measurement: measurementSchema });

const more = `
The built functions run on this machine in Lambda's own runtime client, against
a local SQS and sandboxes of the providers whose answers take as long as you
say: ${PLAN.oneRecord} requests one by one, ${amount(PLAN.fullBatches)} in full batches, ${PLAN.coldStarts} cold starts. What they
took is multiplied by AWS's list prices. docs/cost.md tells what is assumed.

Examples:
  npm run cost                                   a million requests, 300 ms
  npm run cost -- --provider-ms 1200             slower providers
  npm --silent run cost -- --json > cost.json    all figures, no npm banner
  npm run cost -- --from cost.json --requests 50000
                                                 computed anew, not measured

Exit status:
  0  computed
  1  something failed
  2  the arguments cannot be used`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT[signal]));

await new Command('npm run cost --')
  .description('Measures what a request takes and computes what a month costs in AWS.')
  .option('--requests <number>', 'how many requests the month has', wholeNumber, 1_000_000)
  .option('--provider-ms <number>', 'how long each call of a provider takes', milliseconds, 300)
  .addOption(
    new Option('--from <file>', 'take what was measured from an earlier --json').conflicts('providerMs'),
  )
  .option('--json', 'print all figures as one JSON object')
  .addHelpText('after', more)
  .configureHelp({ helpWidth: HELP_COLUMNS })
  .showHelpAfterError('What there is to write: npm run cost -- --help')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.computed : EXIT.unusable))
  .action(async (options: Options) => {
    refuseSwallowedOptions();
    process.exitCode = await cost(options).catch(explain);
  })
  .parseAsync();

async function cost({ requests, providerMs, from, json = false }: Options): Promise<number> {
  using progress = createProgress(process.stderr);
  process.once('exit', progress.end);
  const recorded = from === undefined ? undefined : await readMeasurement(from);
  const deployment = await readDeployment();
  const measurement = recorded ?? (await measureBuilt(providerMs, deployment.batchSize, progress));
  progress.end();
  const usage = usageOf(requests, measurement, deployment);
  process.stdout.write(`${json ? JSON.stringify(costsOf(usage), null, 2) : reportOf(usage)}\n`);
  return EXIT.computed;
}

async function measureBuilt(providerMs: number, batchSize: number, progress: Progress): Promise<Measurement> {
  progress.show(() => 'Building the functions');
  // Half a second of loading, which whoever measures nothing does without.
  const [{ build }, { measure }] = await Promise.all([import('../build/bundle.ts'), import('./measure.ts')]);
  await build();
  let kill = () => {};
  // However this process ends, the functions end with it.
  process.once('exit', () => kill());
  return measure({
    ...{ providerMs, batchSize, plan: PLAN },
    onStep(step) {
      kill = step.kill;
      progress.show(step.status);
    },
  });
}

async function readMeasurement(file: string): Promise<Measurement> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UnusableError(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
  });
  const { data } = earlier.safeParse(parseJson(text));
  if (data) return data.measurement;
  throw new UnusableError(`${file} is not what this command prints with --json: run it again with that.`);
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 99999999.');
}

function milliseconds(text: string): number {
  const isAllowed = /^\d{1,5}$/.test(text) && Number(text) <= SLOWEST_PROVIDER_MS;
  if (isAllowed) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number up to ${SLOWEST_PROVIDER_MS}.`);
}

function refuseSwallowedOptions(): void {
  const told = swallowedOption('cost', ['requests', 'provider-ms', 'from', 'json']);
  if (told === undefined) return;
  console.error(told);
  process.exit(EXIT.unusable);
}

function explain(error: unknown): number {
  const isUnusable = error instanceof UnusableError;
  console.error(isUnusable ? error.message : error);
  return isUnusable ? EXIT.unusable : EXIT.failed;
}
