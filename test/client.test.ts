import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientTypes } from '../cli/schemas/types.ts';
import { onceById, readOutcome, requestUser, toSqsEntry } from '../client/index.ts';
import { type LocalUsher, startLocalUsher } from './local-usher.ts';
import { judgePublished } from './published.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

describe('The client', () => {
  test('has the types of the schemas: `npm run schemas` writes them', async () => {
    expect(await readFile(new URL('../client/events.ts', import.meta.url), 'utf8')).toBe(clientTypes());
  });

  test('builds what the published schemas take', () => {
    const events = [
      requestUser({ provider: 'fireworks', user: { email: 'ada@example.com' } }),
      requestUser({
        provider: 'fireworks',
        user: { serviceAccount: true, userId: 'robot' },
        connection: 'second',
      }),
      requestUser({
        provider: 'vectara',
        user: { email: 'ada@example.com', api_roles: ['viewer'] },
        ...{
          id: 'r-1',
          source: 'https://signup.example',
          subject: 'c-1',
          correlationid: 'x',
          causationid: 'r-0',
        },
        expirytime: new Date('2030-01-01T00:00:00Z'),
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      }),
    ];
    for (const event of events) expect(judgePublished('user.requested.v1.json', event)).toEqual([]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  });

  test('names entries as SQS allows, and refuses what SQS would not take', () => {
    const event = requestUser({ provider: 'vectara', user: { email: 'a@b' }, id: `x y/${'z'.repeat(100)}` });
    expect(toSqsEntry(event).Id).toMatch(/^x_y_z{76}$/);
    const large = requestUser({
      provider: 'vectara',
      user: { email: 'a@b', description: 'x'.repeat(1_048_576) },
    });
    expect(() => toSqsEntry(large)).toThrow(/SQS takes 1048576/);
  });

  test('reads a dead letter that was too large for an event, from either kind of reader', () => {
    const raw = { type: 'raw', id: 'o-1', code: 'invalid_event', message: 'no', body: 'huge' };
    const attributes = {
      type: 'user.dead_lettered.v1',
      code: 'invalid_event',
      message: 'no',
      outcomeid: 'o-1',
    };
    const lambda = Object.entries(attributes).map(([name, stringValue]) => [name, { stringValue }]);
    const sdk = Object.entries(attributes).map(([name, StringValue]) => [name, { StringValue }]);
    expect(readOutcome({ body: 'huge', messageAttributes: Object.fromEntries(lambda) })).toEqual(raw);
    expect(readOutcome({ Body: 'huge', MessageAttributes: Object.fromEntries(sdk) })).toEqual(raw);
    expect(readOutcome({ body: '{"type":"order.placed"}' })).toBeUndefined();
    expect(readOutcome({ Body: 'hello' })).toBeUndefined();
  });

  test('handles an outcome once, and again where it failed', async () => {
    const ids = new Set<string>();
    const store = { has: async (id: string) => ids.has(id), add: async (id: string) => void ids.add(id) };
    let left = 1;
    const handle = onceById<{ id: string | undefined }>(store, async () => {
      left -= 1;
      if (left === 0) throw new Error('not yet');
    });
    await expect(handle({ id: 'o-1' })).rejects.toThrow('not yet');
    expect(await handle({ id: 'o-1' })).toBe('handled');
    expect(await handle({ id: 'o-1' })).toBe('seen before');
    expect(await handle({ id: undefined })).toBe('handled');
  });
});

describe('The client, with Usher', () => {
  let usher: LocalUsher;
  beforeAll(async () => {
    usher = await startLocalUsher();
  });
  afterAll(() => usher[Symbol.asyncDispose]());

  test('asks for users and reads every answer', async () => {
    const events = [
      requestUser({ provider: 'fireworks', user: { email: 'ada@example.com' }, id: 'c-1' }),
      requestUser({
        provider: 'vectara',
        user: { email: 'ada@example.com', api_roles: ['owner'] },
        id: 'c-2',
      }),
    ];
    await usher.stack.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: usher.stack.queues.requests.url,
        Entries: events.map((event) => toSqsEntry(event, { tenant: 'acme' })),
      }),
    );
    const outcomes = (await usher.outcomes(2)).map(({ body }) => readOutcome({ body }));
    expect(
      outcomes.map((outcome) => outcome && 'data' in outcome && [outcome.type, outcome.causationid]).sort(),
    ).toEqual([
      ['user.completed.v1', 'c-1'],
      ['user.dead_lettered.v1', 'c-2'],
    ]);
  });
});

describe('The client as a package', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'usher-client-'));
    await run('npm', ['run', '--silent', 'client'], { cwd: root });
    await mkdir(join(folder, 'node_modules'));
    const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: join(root, 'client'),
    });
    const [{ filename }] = JSON.parse(stdout);
    await run('tar', ['-xzf', join(folder, filename), '-C', folder]);
    await cp(join(folder, 'package'), join(folder, 'node_modules', 'usher-client'), { recursive: true });
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is loaded by Node.js, and has no dependency', async () => {
    await writeFile(
      join(folder, 'use.mjs'),
      "import * as client from 'usher-client'; console.log(Object.keys(client).sort().join());",
    );
    const { stdout } = await run(process.execPath, [join(folder, 'use.mjs')]);
    expect(stdout).toBe('isCompleted,isDeadLettered,onceById,readOutcome,requestUser,toSqsEntry\n');
    const manifest = JSON.parse(await readFile(join(folder, 'package', 'package.json'), 'utf8'));
    expect(manifest.dependencies ?? manifest.peerDependencies).toBeUndefined();
    expect(manifest.version).toBe(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')).version);
  });

  test('is packed as publint wants a package', async () => {
    const { messages } = await publint({ pkgDir: join(root, 'client'), level: 'suggestion', strict: true });
    expect(messages).toEqual([]);
  });

  test.for(['nodenext', 'bundler'])(
    'gives its types to a project with moduleResolution %s',
    async (moduleResolution) => {
      const compilerOptions = {
        ...{ strict: true, noEmit: true, target: 'es2022', types: [], skipLibCheck: false },
        ...{ moduleResolution, module: moduleResolution === 'bundler' ? 'preserve' : moduleResolution },
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.mts'] }));
      const compile = (code: string) =>
        writeFile(join(folder, 'use.mts'), `import { requestUser } from 'usher-client';\n${code}\n`)
          .then(() => run(join(root, 'node_modules', '.bin', 'tsc'), ['-p', folder]))
          .then(
            () => '',
            ({ stdout }: { stdout: string }) => stdout,
          );
      expect(
        await compile(
          "requestUser({ provider: 'fireworks', user: { email: 'a@b' } }).data.user.email satisfies string | undefined;",
        ),
      ).toBe('');
      expect(await compile("requestUser({ provider: 'fireworks', user: { emial: 'a@b' } });")).toContain(
        "'emial' does not exist",
      );
    },
  );
});
