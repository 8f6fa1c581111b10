import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFunction, type FunctionOptions, type LambdaFunction } from '../local/lambda/function.ts';

let directory = '';
let artefacts = 0;
let lambda: LambdaFunction | undefined;
let lines: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'usher-lambda-'));
});
afterEach(async () => {
  await lambda?.close();
  lines = [];
  vi.unstubAllEnvs();
});
afterAll(() => rm(directory, { recursive: true }));

/** A function whose artefact is this module text. */
async function functionOf(source: string, options: Partial<FunctionOptions> = {}): Promise<LambdaFunction> {
  artefacts += 1;
  const artefact = join(directory, String(artefacts));
  await mkdir(artefact);
  await writeFile(join(artefact, 'index.mjs'), source);
  lambda = createFunction({
    name: 'tested',
    artefact,
    environment: {},
    timeoutMs: 10_000,
    memoryMb: 128,
    concurrency: 1,
    onLog: (line) => lines.push(line),
    ...options,
  });
  return lambda;
}

async function payloadOf(tested: LambdaFunction, event: unknown = {}): Promise<unknown> {
  const result = await tested.invoke(event);
  if (!result.ok) throw new Error(result.error.errorMessage);
  return result.payload;
}

async function errorOf(tested: LambdaFunction, event: unknown = {}) {
  const result = await tested.invoke(event);
  if (result.ok) throw new Error('the invocation succeeded');
  return result.error;
}

describe('A local function', () => {
  it('gets the event and a context with the time that is left, and its answer comes back', async () => {
    const tested = await functionOf(
      `export const handler = async (event, context) =>
         ({ event, name: context.functionName, left: context.getRemainingTimeInMillis(), arn: context.invokedFunctionArn })`,
      { timeoutMs: 7_000 },
    );
    const payload = await payloadOf(tested, { text: '😀' });
    expect(payload).toEqual({
      event: { text: '😀' },
      name: 'tested',
      left: expect.toSatisfy((ms: number) => ms > 0 && ms <= 7_000),
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:tested',
    });
  });

  it('sees the environment that it is given and nothing of this process', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'leaked');
    vi.stubEnv('MY_SECRET', 'leaked');
    const tested = await functionOf('export const handler = async () => process.env', {
      environment: { GIVEN: 'yes', AWS_ACCESS_KEY_ID: 'local' },
    });
    const environment = await payloadOf(tested);
    expect(environment).toMatchObject({ GIVEN: 'yes', AWS_ACCESS_KEY_ID: 'local', AWS_REGION: 'us-east-1' });
    expect(JSON.stringify(environment)).not.toContain('leaked');
    expect(environment).not.toHaveProperty('PATH');
  });

  it('answers null for a handler that returns nothing', async () => {
    expect(await payloadOf(await functionOf('export const handler = async () => {}'))).toBeNull();
  });

  it('keeps its container for the next event', async () => {
    const tested = await functionOf('let calls = 0; export const handler = async () => ++calls');
    expect(await payloadOf(tested)).toBe(1);
    expect(await payloadOf(tested)).toBe(2);
  });

  it('works in as many containers as it may, and lets further events wait', async () => {
    const marks = join(directory, 'marks');
    await mkdir(marks);
    const tested = await functionOf(
      `import { readdirSync, writeFileSync } from 'node:fs';
       import { setTimeout } from 'node:timers/promises';
       export const handler = async (id) => {
         writeFileSync(process.env.MARKS + '/' + id, '');
         while (readdirSync(process.env.MARKS).length < 2) await setTimeout(5);
         return process.pid;
       }`,
      { concurrency: 2, environment: { MARKS: marks } },
    );
    const pids = await Promise.all(['a', 'b', 'c', 'd'].map((id) => payloadOf(tested, id)));
    expect(new Set(pids).size).toBe(2);
    expect(await readdir(marks)).toHaveLength(4);
  });

  it('hands on every line of standard output and standard error, console lines as JSON', async () => {
    const tested = await functionOf(
      `export const handler = async () => { console.log({ seen: 1 }); process.stderr.write('raw\\nlines') }`,
    );
    await payloadOf(tested);
    await tested.close();
    expect(lines.slice(-2)).toEqual(['raw', 'lines']);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'INFO', message: { seen: 1 } });
  });

  it('fails with the error that its handler throws', async () => {
    const tested = await functionOf(`export const handler = async () => { throw new RangeError('too far') }`);
    expect(await errorOf(tested)).toEqual({ errorType: 'RangeError', errorMessage: 'too far' });
  });

  it('fails with the error of an artefact that cannot be imported', async () => {
    const tested = await functionOf(`throw new Error('REQUEST_QUEUE_URL is missing')`);
    expect(await errorOf(tested)).toEqual({
      errorType: 'Error',
      errorMessage: 'REQUEST_QUEUE_URL is missing',
    });
  });

  it('fails when the artefact ends the process while it is imported', async () => {
    const tested = await functionOf('process.exit(0)');
    expect((await errorOf(tested)).errorMessage).toMatch(/Runtime exited without providing a reason$/);
  });

  it('is killed when its time is over, and goes on in a new container', async () => {
    const tested = await functionOf(
      'export const handler = (event) => event.hang ? new Promise((resolve) => setTimeout(resolve, 60_000)) : Promise.resolve(process.pid)',
      { timeoutMs: 700 },
    );
    const first = await payloadOf(tested);
    expect(await errorOf(tested, { hang: true })).toEqual({
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 0\.70 seconds$/),
    });
    expect(await payloadOf(tested)).not.toBe(first);
    await vi.waitFor(() => expect(isRunning(first)).toBe(false), 10_000);
  });

  it('is killed even in an endless loop', async () => {
    const tested = await functionOf('export const handler = async () => { for (;;); }', { timeoutMs: 300 });
    expect((await errorOf(tested)).errorMessage).toContain('Task timed out');
  });

  it('gets a new container after a crash', async () => {
    const tested = await functionOf(
      'export const handler = async (event) => event.crash ? process.exit(3) : process.pid',
    );
    const first = await payloadOf(tested);
    expect(await errorOf(tested, { crash: true })).toEqual({
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(/Runtime exited with error: exit status 3$/),
    });
    expect(await payloadOf(tested)).not.toBe(first);
  });

  it('dies of too much memory', async () => {
    const tested = await functionOf(
      'export const handler = async () => { const all = []; for (;;) all.push(new Array(1e5).fill(0.5)) }',
      { memoryMb: 32 },
    );
    expect((await errorOf(tested)).errorMessage).toMatch(/Runtime exited with error: signal: SIG/);
  });

  it('fails what runs when it is killed from outside, and goes on', async () => {
    const tested = await functionOf(
      `export const handler = (event) => {
         console.log('running');
         return event.hang ? new Promise((resolve) => setTimeout(resolve, 60_000)) : Promise.resolve('alive');
       }`,
    );
    const failing = errorOf(tested, { hang: true });
    await vi.waitFor(() => expect(lines).toHaveLength(1), 10_000);
    tested.kill();
    expect((await failing).errorMessage).toMatch(/signal: SIGKILL$/);
    expect(await payloadOf(tested)).toBe('alive');
  });

  it('shows the containers that live, of which one may be killed alone', async () => {
    const tested = await functionOf(
      `import { setTimeout } from 'node:timers/promises';
       export const handler = async () => { await setTimeout(300); return process.pid }`,
      { concurrency: 2 },
    );
    expect(tested.containers()).toEqual([]);
    const pids = await Promise.all([payloadOf(tested), payloadOf(tested)]);
    expect(tested.containers()).toHaveLength(2);
    tested.containers()[0]?.kill();
    expect(tested.containers()).toHaveLength(1);
    const next = await Promise.all([payloadOf(tested), payloadOf(tested)]);
    expect(pids.filter((pid) => next.includes(pid))).toHaveLength(1);
  });

  it('ends its processes when it is closed, and takes nothing more', async () => {
    const tested = await functionOf('export const handler = async () => process.pid');
    const running = await payloadOf(tested);
    expect(isRunning(running)).toBe(true);
    await tested.close();
    expect(isRunning(running)).toBe(false);
    expect((await errorOf(tested)).errorMessage).toContain('closed');
  });
});

function isRunning(id: unknown): boolean {
  try {
    return process.kill(Number(id), 0);
  } catch {
    return false;
  }
}
