import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { InputError, isInputGiven } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { demoRequests } from './demo.ts';
import { createLogReader } from './function-log.ts';
import { jsonArguments, refuseSwallowedJson } from './json-arguments.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Outcome } from './outcome.ts';
import { outcomeTable, statusOf, summaryOf } from './report.ts';
import { lineNumbers } from './request-lines.ts';
import { readRequests, STANDARD_INPUT } from './requests.ts';

/** Longer than the two minutes after which SQS delivers anew what a function was at when it died. */
const PATIENCE_MS = 180_000;
/** All fifteen receives fit into half a minute. */
const DELAYS_SHORTENED = 1_200;
/** Where no terminal says how wide it is: enough for one line each. */
const DEFAULT_COLUMNS = 140;
const HELP_COLUMNS = 80;
const SIGNAL_MS = 100;
const INPUT_IGNORED =
  'No FILE is named, so this is the demo; `npm start -- -` takes what standard input holds.';
const EXIT = { answered: 0, failed: 1, unusable: 2, SIGINT: 130, SIGTERM: 143 };

const more = `
Each line of FILE is one user.requested.v1 event; docs/events.md has all its
attributes. The providers' sandboxes hold two users beforehand and throttle a
third: cli/start/demo.ts.

Examples:
  npm start                                        the demo requests
  npm start -- my-requests.jsonl                   your own
  cat my-requests.jsonl | npm start -- -           from standard input
  npm --silent start -- --json > outcomes.jsonl    outcome events, no npm banner

Exit status:
  0  every request got an outcome; a dead letter is one
  1  a request got none
  2  the input or the arguments cannot be used`;

/** Shows what is known so far. */
let tellSoFar = () => {};

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  const leave = () => process.exit(EXIT[signal]);
  process.once(signal, () => {
    // Whoever does not want to wait until all of it is read can say so again.
    process.once(signal, leave);
    tellSoFar();
    process.stdout.write('', leave);
  });
}
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Whoever reads the output has seen enough, as `head` has.
    process.exit(EXIT.answered);
  });
}

await new Command('npm start --')
  .description('Runs the built functions on this machine and shows what becomes of each request.')
  .argument('[FILE]', 'requests, one event a line; - is standard input; left out: examples/requests.jsonl')
  .option('--json', 'print the outcome events themselves, one a line, as they arrive')
  .addHelpText('after', more)
  .configureHelp({ helpWidth: HELP_COLUMNS })
  .showHelpAfterError('What there is to write: npm start -- --help')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.answered : EXIT.unusable))
  .action(async (file: string | undefined, { json = false }: { json?: boolean }) => {
    process.exitCode = await start(file, json).catch(explain);
  })
  .parseAsync();

async function start(file: string | undefined, asJson: boolean): Promise<number> {
  if (!asJson) refuseSwallowedJson(file);
  if (file === undefined && isInputGiven()) console.error(INPUT_IGNORED);
  if (file === STANDARD_INPUT && process.stdin.isTTY) console.error('Reading requests until Ctrl-D:');
  const { lines, warnings } = await readRequests(file ?? demoRequests);
  using progress = createProgress(process.stderr);
  process.once('exit', progress.end);
  for (const warning of warnings) progress.tell(warning);
  progress.show(() => 'Building the functions');
  // Half a second of loading, which help and refusals do without.
  const [{ build }, { startDemoStack }, { processRequests }] = await Promise.all([
    import('../build/bundle.ts'),
    import('./demo-stack.ts'),
    import('./process-requests.ts'),
  ]);
  await build();

  progress.show(() => "Starting SQS, Secrets Manager and the providers' sandboxes");
  const ledger = createLedger(() => performance.now());
  tellSoFar = () => {
    tellSoFar = () => {};
    progress.end();
    tellOutcomes(ledger, { asJson, elapsedMs: progress.elapsedMs() });
  };
  const readLog = createLogReader({ onHandedBack: ledger.handedBack, onTrouble: progress.tell });
  await using stack = await startDemoStack({ delaysShortened: DELAYS_SHORTENED, onLog: readLog });
  // However this process ends, the functions end with it.
  process.once('exit', stack.kill);

  progress.show(() => statusOf(ledger.counts(), lines.length));
  const onOutcome = ({ isEvent, body }: Outcome) => {
    if (asJson && isEvent) progress.aside(() => process.stdout.write(`${body}\n`));
  };
  try {
    await processRequests({ stack, lines, ledger, patienceMs: PATIENCE_MS, onOutcome });
  } finally {
    tellSoFar();
  }
  if (!asJson && file !== STANDARD_INPUT) {
    process.stdout.write(`The outcome events themselves: npm --silent start ${jsonArguments(file)}\n`);
  }
  return exitCodeFor(ledger);
}

/** Shows what is known of the lines that were sent. */
function tellOutcomes({ entries }: Ledger, { asJson, elapsedMs }: { asJson: boolean; elapsedMs: number }) {
  if (entries.length === 0) return;
  const { stdout, stderr } = process;
  const summary = summaryOf(entries, elapsedMs, DELAYS_SHORTENED);
  if (!asJson) {
    const table = outcomeTable(entries, stdout.columns || DEFAULT_COLUMNS, stdout);
    stdout.write(`${table}\n\n${summary}\n`);
    return;
  }
  stderr.write(`${summary}\n`);
  const raw = entries.filter(({ outcome }) => outcome?.isEvent === false);
  if (raw.length > 0) stderr.write(`${lineNumbers(raw)}: dead-lettered, too large for an event.\n`);
}

function exitCodeFor({ entries }: Ledger): number {
  const open = entries.filter(({ outcome }) => outcome === undefined);
  if (open.length === 0) return EXIT.answered;
  process.stderr.write(
    `${lineNumbers(open)}: no outcome, and nothing has happened for ${PATIENCE_MS / 60_000} minutes.\n`,
  );
  return EXIT.failed;
}

async function explain(error: unknown): Promise<number> {
  if (error instanceof InputError) {
    console.error(error.message);
    return EXIT.unusable;
  }
  // Ctrl-C also ends what this process has started, and the news of that may be here before the signal itself.
  await delay(SIGNAL_MS);
  console.error(error);
  return EXIT.failed;
}
