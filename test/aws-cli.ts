import { readFile } from 'node:fs/promises';
import * as z from 'zod';

const message = z.object({ Body: z.string(), ReceiptHandle: z.string() });
const received = z.object({ Messages: z.array(message).default([]) });

const flat = z.record(z.string(), z.unknown());
const nested = z.record(z.string(), flat);

/** As much of the AWS CLI as the documentation uses: each command becomes a call in AWS's JSON protocol. */
const [service, operation = '', ...options] = process.argv.slice(2);
const { query, output, ...input } = await inputOf(options);
const answer = await call(input);
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

/** `--queue-url X` becomes `QueueUrl`; numbers, several values and `file://` as the CLI reads them. */
async function inputOf(options: readonly string[]): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (let at = 0; at < options.length; ) {
    const name = (options[at] ?? '').replace(/^--/, '');
    const isNext = (option: string, index: number) => index > at && option.startsWith('--');
    const next = options.findIndex(isNext);
    const texts = options.slice(at + 1, next < 0 ? options.length : next);
    at += 1 + texts.length;
    const values = await Promise.all(texts.map(readValue));
    const isOurs = name === 'query' || name === 'output';
    const isList = name === 'attribute-names';
    input[isOurs ? name : pascalCase(name)] = isList ? values : values[0];
  }
  return input;
}

async function readValue(text: string): Promise<string | number> {
  if (text.startsWith('file://')) return readFile(text.slice('file://'.length), 'utf8');
  // The documentation's stage is prod, and the queues here are of the stage local.
  return /^\d+$/.test(text) ? Number(text) : text.replace(/^usher-prod-/, 'usher-local-');
}

/** The forms of a JMESPath query that the documentation uses. */
function textAt(query: string, answer: unknown): string {
  const member = /^(?:(\w+)\.)?(\w+)$/.exec(query);
  if (member) {
    const [, outer, inner = ''] = member;
    return String(flat.parse(outer === undefined ? answer : nested.parse(answer)[outer])[inner]);
  }
  const { Messages } = received.parse(answer);
  if (query === 'Messages[].[Body]') return Messages.map(({ Body }) => Body).join('\n') || 'None';
  if (query !== 'Messages[0].[ReceiptHandle,Body]') throw new Error(`The query ${query} is not understood`);
  const [message] = Messages;
  return message ? `${message.ReceiptHandle}\t${message.Body}` : 'None';
}

function pascalCase(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
