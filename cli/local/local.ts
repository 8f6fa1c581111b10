import { Command } from 'commander';
import { isObject, parseJson } from '../../lib/json.ts';
import { build } from '../build/bundle.ts';
import { type DemoStack, SECRET_PREFIX, startDemoStack } from '../start/demo-stack.ts';
import { createProgress } from '../terminal/progress.ts';

const more = `
Paste the printed lines into another terminal, and the AWS CLI (from 1.29 or
2.13 on) and every AWS SDK there talk to this machine. The first terminal shows
the log of the functions. Delays and pauses are as long as in AWS.

Example, in that other terminal:
  aws sqs send-message --queue-url "$REQUESTS_URL" --message-body file://request.json
  aws sqs receive-message --queue-url "$COMPLETIONS_URL" --wait-time-seconds 20`;

await new Command('npm run local')
  .description('Keeps Usher running on this machine, with a sandbox of each provider, until Ctrl-C.')
  .addHelpText('after', more)
  .showHelpAfterError('What there is to know: npm run local -- --help')
  .action(run)
  .parseAsync();

async function run(): Promise<void> {
  using progress = createProgress(process.stderr);
  progress.show(() => 'Building the functions and starting the queues');
  await build();
  const stack = await startDemoStack({
    delaysShortened: 1,
    onLog(line) {
      if (isForPeople(line)) progress.tell(line);
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stack.kill();
      process.exit(0);
    });
  }
  progress.end();
  const secrets = `Secrets are named ${SECRET_PREFIX}<provider>/<connection>; the default ones are there.`;
  process.stdout.write(`${settings(stack)}\n\n${secrets}\nRunning until Ctrl-C. The log of the functions:\n`);
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

/** Metrics are for CloudWatch. */
function isForPeople(line: string): boolean {
  const entry = parseJson(line);
  return !isObject(entry) || entry._aws === undefined;
}
