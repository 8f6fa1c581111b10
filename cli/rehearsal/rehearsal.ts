import { writeFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type Message, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Command } from 'commander';
import { region } from '../../local/aws/service.ts';
import { createQueueReader } from '../../local/queue-reader.ts';
import { startFireworks } from '../../local/sandboxes/fireworks.ts';
import { readStack } from '../../operator/aws/stack.ts';
import { triggerState } from '../../operator/aws/trigger.ts';
import { swallowedOption } from '../terminal/arguments.ts';
import { seconds } from '../terminal/text.ts';
import { startDeployed } from './deployed-function.ts';
import { startStandIn } from './stand-in.ts';
import { createTranscript } from './transcript.ts';

const STAGE = 'rehearsal';
/** That of the functions' process here. */
const REGION = region;
const PATIENCE_MS = 30_000;

const TITLE = `# A rehearsed deployment

What \`npm run rehearsal\` prints: the commands of [operations.md](operations.md) against \`moto_server\`, a stand-in for
AWS on one machine. Durations and the stand-in's address are left out; times and dates are the same in each run.`;

const more = `
Deploys a stage to moto_server, a stand-in for AWS on this machine, and does with it
what docs/operations.md says: deploys again, changes a parameter, sends a request
through what was deployed, goes back, is refused where it must be, drains and removes.
Needs moto_server on the PATH (pip install "moto[server]"); without it nothing is done.

Example:
  npm run rehearsal -- --transcript docs/rehearsal.md`;

const kept = swallowedOption('rehearsal', ['transcript']);
const command = new Command('npm run rehearsal --')
  .description('Rehearses deployment, change, rollback and removal against a stand-in for AWS.')
  .option('--transcript <file>', 'writes what an operator would see')
  .addHelpText('after', more)
  .showHelpAfterError('What there is to know: npm run rehearsal -- --help');
if (kept) command.error(kept, { exitCode: 2 });
try {
  await command.action(rehearse).parseAsync();
} catch (error) {
  process.stderr.write(`The rehearsal failed: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

async function rehearse({ transcript: file }: { readonly transcript?: string }): Promise<void> {
  await using standIn = await startStandIn();
  if (standIn === undefined) {
    process.stdout.write('Skipped: there is no moto_server on the PATH (pip install "moto[server]").\n');
    return;
  }
  const { endpoint } = standIn;
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'rehearsal',
    AWS_SECRET_ACCESS_KEY: 'rehearsal',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    USHER_AUDIT_FILE: devNull,
  };
  // A profile, or one more variable, could lead to a real account.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  // The clients here ask the same stand-in as the commands.
  Object.assign(process.env, environment);
  const startedAt = performance.now();
  const transcript = createTranscript(environment);
  const step = async <T>(what: string, action: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await action();
    process.stdout.write(`  ${what} (${seconds(performance.now() - from)})\n`);
    return result;
  };
  const here = ['--stage', STAGE];
  const resized = ['--param', 'memoryMb=1024'];

  await using parts = new AsyncDisposableStack();
  const sqs = parts.adopt(new SQSClient({ region: REGION, useQueueUrlAsEndpoint: false }), (it) =>
    it.destroy(),
  );
  const fireworks = parts.adopt(await startFireworks(), (sandbox) => sandbox.close());

  transcript.note('The first deployment.');
  await step('deployed', () => transcript.run('deploy', here));
  transcript.note('The same once more.');
  await step('deployed once more, unchanged', () => transcript.run('deploy', here));
  transcript.note('A parameter changes.');
  await step('deployed with a parameter changed', () => transcript.run('deploy', [...here, ...resized]));
  transcript.note('It is forgotten the next time, and that is refused.');
  await step('refused to forget the parameter', () => transcript.run('deploy', here, { exit: 1 }));

  const outputs = await outputsOf();
  transcript.note(
    'Somebody stops the trigger, and a deployment does not start it behind their back; --start does, though nothing else changes.',
  );
  const stop = ['stop', ...here, '--reason', 'a trial', '--confirm'];
  await step('stopped the trigger', () => transcript.usher(stop));
  await step('was told why it is stopped', () => transcript.usher(['doctor', ...here], { exit: 1 }));
  const asBefore = [...here, ...resized];
  await step('refused to start it unasked', () => transcript.run('deploy', asBefore, { exit: 1 }));
  const started = [...asBefore, '--start'];
  await step('started it', () => transcript.run('deploy', started));
  if ((await stackNow()).trigger !== 'on') throw new Error('the trigger is still stopped');
  await step('put a secret', () => putSecret(fireworks.secret));
  transcript.note(
    'A request is sent through what was deployed, with the variables that it was deployed with.',
  );
  const deployed = parts.use(
    await startDeployed({
      ...{ endpoint, region: REGION, name: outputs.of('UserRequestedFunctionName'), zip: 'user-requested' },
      queue: { url: outputs.of('RequestsQueueUrl'), arn: outputs.of('RequestsQueueArn') },
      environment: fireworks.environment,
    }),
  );
  const sent = [request('right', 'user'), request('wrong', 'admin')];
  await step('sent two requests', () => sendAll(sqs, outputs.of('RequestsQueueUrl'), sent));
  const isAnswered = () => answeredIn(deployed.logs) === sent.length;
  await step('the deployed function answered both', () => until(isAnswered, () => deployed.logs.join('')));

  transcript.note('One of them has failed. Why?');
  await step('looked at the letters', () => transcript.usher(['letters', ...here], { exit: 1 }));
  await step('looked what would go back', () => transcript.usher(['letters', 'redrive', '--all', ...here]));
  transcript.note('Answers are unread, so that the stage is not removed.');
  const confirmed = [...here, '--confirm', STAGE];
  await step('refused to remove unread answers', () => transcript.run('remove', confirmed, { exit: 1 }));
  const read = await step('read every answer', async () => [
    ...(await drain(sqs, outputs.of('CompletionsQueueUrl'), 2)),
    ...(await drain(sqs, outputs.of('DeadLettersQueueUrl'), 1)),
  ]);
  const types = read.map(({ Body = '' }) => JSON.parse(Body).type).sort();
  const expected = ['user.completed.v1', 'user.dead_lettered.v1', 'user.dead_lettered.v1'];
  if (types.join() !== expected.join()) throw new Error(`the answers are ${types.join(', ')}`);

  transcript.note('Back to the first deployment: which ones are kept?');
  const list = await step('listed deployments', () => transcript.run('rollback', here));
  const timestamps = [...list.matchAll(/^(\d{13}) /gm)].map(([, timestamp = '']) => timestamp);
  await step('rolled back', () => transcript.run('rollback', [...here, '--to', timestamps[0] ?? '']));
  const memory = (await stackNow()).stack.deployedWith?.settings.memoryMb;
  if (memory !== 512) throw new Error(`memoryMb is ${memory} after going back`);
  transcript.note('The stage is removed.');
  await step('removed', () => transcript.run('remove', confirmed));
  if (await readStack(STAGE, REGION)) throw new Error('the stack is still there');
  if (file !== undefined) await writeFile(file, `${TITLE}\n\n${transcript.text()}`);
  process.stdout.write(`Rehearsed in ${seconds(performance.now() - startedAt)}.\n`);
}

async function stackNow() {
  const stack = await readStack(STAGE, REGION);
  if (stack === undefined) throw new Error('there is no stack');
  return { stack, trigger: await triggerState(stack, REGION) };
}

async function outputsOf() {
  const { stack } = await stackNow();
  return {
    of(name: string): string {
      const value = stack.outputs.get(name);
      if (value === undefined) throw new Error(`the stack has no output ${name}`);
      return value;
    },
  };
}

async function putSecret(content: string): Promise<void> {
  const client = new SecretsManagerClient({ region: REGION });
  const Name = `usher/${STAGE}/fireworks/default`;
  await client.send(new CreateSecretCommand({ Name, SecretString: content }));
  client.destroy();
}

function request(id: string, role: string): string {
  const user = { email: `${id}@example.com`, role };
  const context = { specversion: '1.0', id, source: 'https://signup.example.com', type: 'user.requested.v1' };
  return JSON.stringify({ ...context, data: { provider: 'fireworks', user } });
}

async function sendAll(sqs: SQSClient, QueueUrl: string, bodies: readonly string[]): Promise<void> {
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

function answeredIn(logs: readonly string[]): number {
  return logs.filter((line) => /"message":"request (completed|dead-lettered)"/.test(line)).length;
}

async function until(isDone: () => boolean, situation: () => string): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!isDone()) {
    if (performance.now() > end) throw new Error(`nothing has come of it:\n${situation()}`);
    await delay(100);
  }
}

async function drain(sqs: SQSClient, url: string, count: number): Promise<Message[]> {
  const reader = createQueueReader(sqs, url, () => {});
  const found: Message[] = [];
  for (let tries = 0; found.length < count && tries < 10; tries++) {
    const messages = await reader.receive(10);
    found.push(...messages);
    await reader.remove(messages.map(({ ReceiptHandle = '' }) => ReceiptHandle));
  }
  return found;
}
