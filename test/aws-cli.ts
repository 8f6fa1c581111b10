import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const message = z.object({ Body: z.string(), ReceiptHandle: z.string() });
const received = z.object({ Messages: z.array(message).default([]) });

/**
 * As much of the AWS CLI as the documentation uses: each command becomes a call in AWS's JSON protocol,
 * and `cloudformation describe-stacks` answers with the outputs in `STACK_OUTPUTS`.
 */
const [service, operation = '', ...options] = process.argv.slice(2);
const { query, output, ...input } = await inputOf(options);
const answer = service === 'cloudformation' ? describeStacks() : await call(input);
if (query !== undefined) process.stdout.write(`${textAt(String(query), answer)}\n`);
else if (JSON.stringify(answer) !== '{}') process.stdout.write(`${JSON.stringify(answer, null, 4)}\n`);

async function call(input: Record<string, unknown>): Promise<unknown> {
  const target = `${service === 'sqs' ? 'AmazonSQS' : 'secretsmanager'}.${pascalCase(operation)}`;
  const response = await fetch(process.env.AWS_ENDPOINT_URL ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    body: JSON.stringify(input),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${target}: ${body}`);
  return JSON.parse(body || '{}');
}

function describeStacks() {
  const outputs: Record<string, string> = JSON.parse(process.env.STACK_OUTPUTS ?? '{}');
  const Outputs = Object.entries(outputs).map(([OutputKey, OutputValue]) => ({ OutputKey, OutputValue }));
  return { Stacks: [{ Outputs }] };
}

/** `--queue-url X` becomes `QueueUrl`; numbers and `file://` as the CLI reads them. */
async function inputOf(options: readonly string[]): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (let index = 0; index < options.length; index += 2) {
    const [option = '', value = ''] = options.slice(index, index + 2);
    const name = option.replace(/^--/, '');
    const isOurs = name === 'query' || name === 'output';
    input[isOurs ? name : pascalCase(name)] = await readValue(value);
  }
  return input;
}

async function readValue(text: string): Promise<string | number> {
  if (text.startsWith('file://')) return readFile(text.slice('file://'.length), 'utf8');
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** The forms of a JMESPath query that the documentation uses. */
function textAt(query: string, answer: unknown): string {
  const output = /\[\?OutputKey=='(\w+)'\]/.exec(query)?.[1];
  if (output) {
    const known = describeStacks().Stacks[0]?.Outputs.find(({ OutputKey }) => OutputKey === output);
    if (known === undefined) throw new Error(`The stack has no output ${output}`);
    return known.OutputValue;
  }
  const [message] = received.parse(answer).Messages;
  if (query === 'Messages[0].Body') return message?.Body ?? 'None';
  if (query !== 'Messages[0].[Body,ReceiptHandle]') throw new Error(`The query ${query} is not understood`);
  return message ? `${message.Body}\t${message.ReceiptHandle}` : 'None';
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
