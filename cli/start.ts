import { Argument, Command } from 'commander';
import { build } from './bundle.ts';
import { demoRequests } from './demo.ts';
import { createLogReader } from './function-log.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { processRequests } from './process-requests.ts';
import { createProgress } from './progress.ts';
import { outcomeTable, statusOf, summaryOf } from './report.ts';
import { InputError, lineNumbers, readRequests, STANDARD_INPUT } from './requests.ts';
import { DELAYS_SHORTENED, startDemoStack } from './stack.ts';

/** Longer than the two minutes after which SQS delivers anew what a function was at when it died. */
const PATIENCE_MS = 180_000;
/** Where no terminal says how wide it is: enough for one line each. */
const DEFAULT_COLUMNS = 140;
const HINT = 'The outcome events themselves: npm --silent start -- --json';
const EXIT = { answered: 0, failed: 1, unusable: 2, SIGINT: 130, SIGTERM: 143 };

const more = `
Each line of FILE is one user.requested.v1 event; docs/events.md has all its attributes.
The providers' sandboxes hold two users beforehand and throttle a third: cli/demo.ts.

Examples:
  npm start                                        the demo requests
  npm start -- my-requests.jsonl                   your own
  cat my-requests.jsonl | npm start -- -           from standard input
  npm --silent start -- --json > outcomes.jsonl    the outcome events, without npm's banner

Exit status:
  0  every request got an outcome; a dead letter is one
  1  a request got none
  2  the input or the arguments cannot be used`;

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(EXIT[signal]));
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    // Whoever reads the output has seen enough, as `head` has.
    process.exit(EXIT.answered);
  });
}

await new Command('npm start --')
  .description('Runs the built functions on this machine and shows what becomes of each request.')
  .addArgument(
    new Argument('[FILE]', 'requests, one event a line; - is standard input').default(
      demoRequests,
      'examples/requests.jsonl',
    ),
  )
  .option('--json', 'print the outcome events themselves, one a line, as they arrive')
  .addHelpText('after', more)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.answered : EXIT.unusable))
  .action(async (file: string, { json = false }: { json?: boolean }) => {
    process.exitCode = await start(file, json).catch(explain);
  })
  .parseAsync();

async function start(file: string, asJson: boolean): Promise<number> {
  if (file === STANDARD_INPUT && process.stdin.isTTY) console.error('Reading requests until Ctrl-D:');
  const { lines, warnings } = await readRequests(file);
  using progress = createProgress(process.stderr);
  process.once('exit', progress.end);
  for (const warning of warnings) progress.tell(warning);
  progress.show(() => 'Building the functions');
  await build();

  progress.show(() => "Starting SQS, Secrets Manager and the providers' sandboxes");
  const ledger = createLedger(() => performance.now());
  const readLog = createLogReader({ onHandedBack: ledger.handedBack, onTrouble: progress.tell });
  await using stack = await startDemoStack(readLog);
  // However this process ends, the functions end with it.
  process.once('exit', stack.kill);

  progress.show(() => statusOf(ledger.counts(), lines.length));
  await processRequests({
    stack,
    lines,
    ledger,
    patienceMs: PATIENCE_MS,
    onOutcome({ isEvent, body }) {
      if (asJson && isEvent) progress.aside(() => process.stdout.write(`${body}\n`));
    },
  });
  progress.end();
  return conclude(ledger, asJson);
}

/** Shows what there is to show at the end, and gives the exit code. */
function conclude({ entries }: Ledger, asJson: boolean): number {
  const { stdout, stderr } = process;
  const summary = summaryOf(entries, DELAYS_SHORTENED);
  if (asJson) stderr.write(`${summary}\n`);
  else
    stdout.write(
      `${outcomeTable(entries, stdout.columns || DEFAULT_COLUMNS, stdout)}\n\n${summary}\n${HINT}\n`,
    );
  const raw = entries.filter(({ outcome }) => outcome?.isEvent === false);
  if (asJson && raw.length > 0) stderr.write(`${lineNumbers(raw)}: dead-lettered, too large for an event.\n`);
  const open = entries.filter(({ outcome }) => outcome === undefined);
  if (open.length === 0) return EXIT.answered;
  stderr.write(
    `${lineNumbers(open)}: no outcome, and nothing has happened for ${PATIENCE_MS / 60_000} minutes.\n`,
  );
  return EXIT.failed;
}

function explain(error: unknown): number {
  if (error instanceof InputError) {
    console.error(error.message);
    return EXIT.unusable;
  }
  console.error(error);
  return EXIT.failed;
}
