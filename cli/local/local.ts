import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { Command } from 'commander';
import { build } from '../build/bundle.ts';
import { type DemoStack, SECRET_PREFIX, startDemoStack } from '../start/demo-stack.ts';
import { InputError } from '../terminal/arguments.ts';
import { createProgress } from '../terminal/progress.ts';
import { localSettings } from '../usher/site.ts';
import { forPeople } from './log-for-people.ts';
import { createReasons } from './reasons.ts';
import { serveUsers } from './users-page.ts';
import { makeLetters } from './with-letters.ts';

const more = `
While it runs, npx usher <command> --local works on it in another terminal, and
so do the AWS CLI (from 1.29 or 2.13 on) and every AWS SDK once the printed file
is read in. Delays and pauses are as long as in AWS.

Examples, in that other terminal:
  npx usher send examples/requests.jsonl --wait --confirm --local
  npx usher letters --local
  . .usher/local.env
  aws sqs receive-message --queue-url "$COMPLETIONS_URL" --wait-time-seconds 20`;

interface LocalOptions {
  readonly port?: number;
  readonly json?: boolean;
  readonly withLetters?: boolean;
}

await new Command('npm run local --')
  .description('Keeps Usher running on this machine, with a sandbox of each provider, until Ctrl-C.')
  .option('--port <n>', 'the port of AWS on this machine; a free one where none is given', portOf)
  .option('--json', 'shows the log of the functions as it is, a line of JSON each')
  .option('--with-letters', 'makes some dead letters of every kind, to play with')
  .addHelpText('after', more)
  .showHelpAfterError('What there is to know: npm run local -- --help')
  .action(run)
  .parseAsync();

async function run({ port, json = false, withLetters = false }: LocalOptions): Promise<void> {
  using progress = createProgress(process.stderr);
  progress.show(() => 'Building the functions and starting the queues');
  await build();
  const reasons = createReasons();
  const stack = await startDemoStack({
    delaysShortened: 1,
    ...(port !== undefined && { port }),
    onInvoke: reasons.take,
    onLog(line, functionName) {
      const shown = json ? line : forPeople(line, functionName, reasons.of);
      if (shown !== undefined) progress.tell(shown);
    },
  });
  await mkdir(dirname(localSettings), { recursive: true });
  await writeFile(localSettings, `${settings(stack)}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, async () => {
      stack.kill();
      await rm(localSettings, { force: true });
      process.exit(0);
    });
  }
  if (withLetters) {
    progress.show(() => 'Making dead letters');
    await makeLetters(stack);
  }
  const usersUrl = await serveUsers(stack.sandboxes);
  progress.end();
  process.stdout.write(`${welcome(stack, usersUrl)}\n`);
}

function welcome({ sandboxes }: DemoStack, usersUrl: string): string {
  const file = relative(process.cwd(), localSettings);
  return [
    'In another terminal, npx usher … --local works on what runs here, for example:',
    '  npx usher doctor --local',
    '  npx usher send examples/requests.jsonl --wait --confirm --local',
    `For the AWS CLI there: . ${file.startsWith('.') ? file : `./${file}`}`,
    '',
    `Who is there at the providers: ${usersUrl}`,
    ...[...sandboxes].map(([name, { url }]) => `  ${name.padEnd(10)} ${url}`),
    '',
    `Secrets are named ${SECRET_PREFIX}<provider>/<connection>; the default ones are there.`,
    'Running until Ctrl-C. What becomes of each request:',
  ].join('\n');
}

/** What a shell needs for the AWS CLI, line by line. */
function settings({ endpoint, queues }: DemoStack): string {
  const { requests, completions, deadLetters } = queues;
  return [
    `export AWS_ENDPOINT_URL=${endpoint}`,
    'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
    'export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local',
    // Version 1 of the CLI does not look at AWS_ENDPOINT_URL for SQS.
    'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }',
    `export REQUESTS_URL=${requests.url}`,
    `export COMPLETIONS_URL=${completions.url}`,
    `export DEAD_LETTERS_URL=${deadLetters.url}`,
    `export REQUESTS_ARN=${requests.arn}`,
    `export DEAD_LETTERS_ARN=${deadLetters.arn}`,
  ].join('\n');
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port > 0 && port < 65_536) return port;
  throw new InputError(`"${text}" is no port: one is a number from 1 to 65535`);
}
