import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { createProgress } from '../cli/terminal/progress.ts';
import { bundleAll } from './bundle.ts';
import { checkAll } from './check.ts';
import { pageOf } from './page.ts';
import { reportOf } from './report.ts';
import { measureSections, type Results, SECTIONS, type Section } from './results.ts';
import { startStubs } from './stubs.ts';
import { targetsOf } from './targets.ts';

interface Options {
  readonly section?: readonly Section[];
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly write?: boolean;
}

const PAGE = fileURLToPath(new URL('../docs/performance.md', import.meta.url));

const more = `
Usher's built function and its peers (bench/contestants) do the same work by
turns, against stand-ins for AWS and the provider in a process of their own.
All of it takes six to eight minutes on two cores, which nothing else should
use meanwhile.

Sections:
  cold     a fresh process until its first record is done; bytes of the bundle
  warm     CPU and time a message, in batches of ten
  latency  batches of 10, 100 and 1,000 while the provider takes 50 and 200 ms
  calls    calls per 1,000 requests, and dollars per million
  growth   CPU a message in batches of 10 up to 10,000

Examples:
  npm run bench                                   everything, as Markdown
  npm run bench -- --section cold warm            two sections
  npm run bench -- --section warm --quick         a rough figure in half a minute
  npm --silent run bench -- --json > bench.json   the figures, no npm banner
  npm run bench -- --write                        everything, into docs/performance.md`;

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

await new Command('npm run bench --')
  .description('Measures what Usher costs beside the same work written with the usual tools.')
  .addOption(new Option('--section <names...>', 'only these').choices(SECTIONS))
  .option('--quick', 'a few rounds only: figures to work with, not to quote')
  .addOption(new Option('--json', 'print the figures as one JSON object').conflicts('write'))
  .addOption(new Option('--write', 'write docs/performance.md').conflicts(['section', 'quick']))
  .addHelpText('after', more)
  .showHelpAfterError('What there is to write: npm run bench -- --help')
  .action((options: Options) => {
    refuseSwallowedOptions();
    return bench(options).catch(explain);
  })
  .parseAsync();

async function bench({
  section = SECTIONS,
  quick = false,
  json = false,
  write = false,
}: Options): Promise<void> {
  const results = await measure(section, quick);
  if (json) return print(JSON.stringify({ ...results, targets: targetsOf(results) }));
  if (write) await writeFile(PAGE, pageOf(results, new Date().toISOString().slice(0, 10)));
  print(reportOf(results));
}

async function measure(sections: readonly Section[], isQuick: boolean): Promise<Results> {
  using progress = createProgress(process.stderr);
  process.once('exit', progress.end);
  progress.show(() => 'Building the contestants');
  await bundleAll();
  await using stubs = await startStubs();
  let used = 0;
  const bench = {
    stubs,
    isQuick,
    show: (status: string) => progress.show(() => status),
    requests: (count: number) => {
      used += count;
      return used - count;
    },
  };
  await checkAll(bench);
  // Awaited here, as the stand-ins end with this function.
  return await measureSections(sections, bench);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** npm takes options that stand before `--` for its own. */
function refuseSwallowedOptions(): void {
  if (process.env.npm_lifecycle_event !== 'bench') return;
  const swallowed = ['section', 'quick', 'json', 'write'].find((name) => process.env[`npm_config_${name}`]);
  if (swallowed === undefined) return;
  console.error(`npm has kept --${swallowed} for itself: write npm run bench -- --${swallowed} …`);
  process.exit(1);
}

function explain(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
}
