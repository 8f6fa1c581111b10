// The process of one contestant: imports its bundle, then takes turns. Bundled, so that no TypeScript has to be read.
import { openSync, readSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { eventOf } from './records.ts';
import { type Ready, TIMEOUT_MS, type Took, type Turn } from './turn.ts';

type Handler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

const maxRssKib = memoryMeter();
const [file = '', firstTurn] = process.argv.slice(2);
const importedFrom = performance.now();
const { handler }: { handler: Handler } = await import(pathToFileURL(file).href);
const importMs = performance.now() - importedFrom;
const took = firstTurn === undefined ? undefined : await take(JSON.parse(firstTurn));

process.on('disconnect', () => process.exit());
process.on('message', async (turn) => tell(await take(JSON.parse(String(turn)))));
tell({ importMs, cpuMs: cpuMs(), took });

async function take({ first, batches, size, isMixed }: Turn): Promise<Took> {
  const events = Array.from({ length: batches }, (_, at) => eventOf(first + at * size, size, isMixed));
  const failed: string[] = [];
  let timedOut = false;
  const cpuBefore = cpuMs();
  const beganAt = performance.now();
  for (const event of events) {
    const answer = await invoke(event);
    timedOut = answer === 'timed out';
    failed.push(...(Array.isArray(answer) ? answer : event.Records.map(({ messageId }) => messageId)));
    if (timedOut) break;
  }
  const sinceStartMs = performance.now();
  return {
    sinceStartMs,
    wallMs: sinceStartMs - beganAt,
    cpuMs: cpuMs() - cpuBefore,
    maxRssMib: maxRssKib() / 1024,
    failed,
    timedOut,
  };
}

/** The message ids that the handler names; like Lambda, without a usable answer all of them go back. */
async function invoke(event: SQSEvent): Promise<string[] | 'threw' | 'timed out'> {
  const deadline = Date.now() + TIMEOUT_MS;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<'timed out'>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, 'timed out');
  });
  try {
    const answer = await Promise.race([handler(event, contextUntil(deadline)), timeout]);
    if (answer === 'timed out') return answer;
    return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  } catch {
    return 'threw';
  } finally {
    clearTimeout(timer);
  }
}

function contextUntil(deadline: number): Context {
  const { AWS_LAMBDA_FUNCTION_NAME: functionName = '' } = process.env;
  return {
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '512',
    awsRequestId: crypto.randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: '2026/11/21/[$LATEST]00000000000000000000000000000000',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done() {},
    fail() {},
    succeed() {},
  };
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function tell(message: Ready | Took): void {
  process.send?.(message);
}

/** What getrusage tells begins, on Linux, with the memory of the process that has started this one. */
function memoryMeter(): () => number {
  if (process.platform !== 'linux') return () => process.resourceUsage().maxRSS;
  // Opened now, as there may be no file descriptor left when it is read.
  const file = openSync('/proc/self/status', 'r');
  const text = Buffer.alloc(8192);
  return () =>
    Number(/VmHWM:\s+(\d+)/.exec(text.toString('latin1', 0, readSync(file, text, 0, 8192, 0)))?.[1]);
}
