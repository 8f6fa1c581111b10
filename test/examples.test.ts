import { readdir, readFile } from 'node:fs/promises';
import { RegoEngine } from '@aws/cloudformation-validate';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PGlite } from '@electric-sql/pglite';
import type { APIGatewayProxyEventV2, PostConfirmationTriggerEvent, SQSEvent } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { Webhook } from 'svix';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { serveHttp } from '../local/http-server.ts';
import { recordOf } from './deliveries.ts';
import { type LocalUsher, startLocalUsher } from './local-usher.ts';

let usher: LocalUsher;
beforeAll(async () => {
  usher = await startLocalUsher();
  vi.stubEnv('AWS_ENDPOINT_URL', usher.stack.endpoint);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('REQUESTS_URL', usher.stack.queues.requests.url);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await usher[Symbol.asyncDispose]();
});

/** The next answer of Usher, which an example has led to. */
async function answer() {
  const [outcome] = await usher.outcomes(1);
  return JSON.parse(outcome?.body ?? '{}');
}

const call = (body: string, headers: Record<string, string>) => ({ body, headers }) as APIGatewayProxyEventV2;

describe('The examples', () => {
  test('have each a README, and thirty lines of code or less', async () => {
    const root = new URL('../examples/', import.meta.url);
    const folders = (await readdir(root, { withFileTypes: true })).filter(
      (entry) => entry.isDirectory() && entry.name !== 'deploy',
    );
    expect(folders.length).toBeGreaterThanOrEqual(6);
    for (const { name } of folders) {
      const files = await readdir(new URL(`${name}/`, root));
      expect(files, name).toContain('README.md');
      for (const file of files.filter((each) => each.endsWith('.ts'))) {
        const lines = (await readFile(new URL(`${name}/${file}`, root), 'utf8')).split('\n');
        const code = lines.filter((line) => line.trim() !== '' && !/^\s*(\/\/|\/?\*)/.test(line));
        expect(code.length, file).toBeLessThanOrEqual(30);
      }
    }
  });

  test('a signup handler asks for a user, and asking again makes no second one', async () => {
    const { askForUser } = await import('../examples/signup-handler/signup.ts');
    const signup = { id: '4711', email: 'ada@example.com', name: 'Ada Lovelace', customer: 'acme' };
    await askForUser(signup);
    expect(await answer()).toMatchObject({
      causationid: 'signup-4711',
      subject: '4711',
      data: { result: 'created' },
    });
    await askForUser(signup);
    expect(await answer()).toMatchObject({ data: { result: 'existing' } });
    expect(usher.fireworks.users()).toHaveLength(1);
  });

  test('Cognito asks once a signup is confirmed, and not for a new password', async () => {
    const { handler } = await import('../examples/cognito/post-confirmation.ts');
    const event = {
      ...{ triggerSource: 'PostConfirmation_ConfirmSignUp', userPoolId: 'eu-central-1_x' },
      request: { userAttributes: { sub: 'abc-1', email: 'grace@example.com' } },
    } as unknown as PostConfirmationTriggerEvent;
    expect(await handler(event)).toBe(event);
    expect(await answer()).toMatchObject({
      causationid: 'cognito-abc-1',
      data: { provider: 'vectara', result: 'created' },
    });
    const before = usher.logs.length;
    await handler({
      ...event,
      triggerSource: 'PostConfirmation_ConfirmForgotPassword',
    } as PostConfirmationTriggerEvent);
    expect(usher.logs.length).toBe(before);
  });

  test("Clerk's webhook asks where the signature is right, and nobody else's does", async () => {
    const secret = `whsec_${Buffer.from('a secret of the test').toString('base64')}`;
    vi.stubEnv('CLERK_WEBHOOK_SECRET', secret);
    const { handler } = await import('../examples/clerk/webhook.ts');
    const body = JSON.stringify({
      type: 'user.created',
      data: { id: 'user_1', email_addresses: [{ email_address: 'hedy@example.com' }] },
    });
    const at = new Date();
    const signature = new Webhook(secret).sign('msg_1', at, body);
    const headers = {
      'svix-id': 'msg_1',
      'svix-timestamp': String(Math.floor(at.getTime() / 1000)),
      'svix-signature': signature,
    };
    expect(await handler(call(body, headers))).toEqual({ statusCode: 202 });
    expect(await answer()).toMatchObject({ causationid: 'user_1', data: { result: 'created' } });
    expect(await handler(call(body.replace('hedy', 'eve'), headers))).toEqual({ statusCode: 401 });
    expect(await handler(call(body, {}))).toEqual({ statusCode: 401 });
  });

  test("Auth0's log stream asks for signups, and only with its token", async () => {
    vi.stubEnv('AUTH0_STREAM_TOKEN', 'Bearer of-the-test');
    const { handler } = await import('../examples/auth0/log-stream.ts');
    const body = JSON.stringify([
      { data: { type: 's', user_id: 'auth0|0' } },
      { data: { type: 'ss', user_id: 'auth0|1', user_name: 'mary@example.com' } },
    ]);
    expect(await handler(call(body, { authorization: 'Bearer of-the-test' }))).toEqual({ statusCode: 202 });
    expect(await answer()).toMatchObject({ causationid: 'auth0|1', data: { result: 'created' } });
    for (const headers of [{}, { authorization: 'Bearer of-the-tesT' }, { authorization: 'x' }])
      expect(await handler(call(body, headers as Record<string, string>))).toEqual({ statusCode: 401 });
  });

  test('a consumer with DynamoDB tells each outcome once, and gives back what failed', async () => {
    const items = new Set<string | undefined>();
    const dynamo = mockClient(DynamoDBClient);
    dynamo.on(GetItemCommand).callsFake(({ Key }) => (items.has(Key.id.S) ? { Item: Key } : {}));
    dynamo.on(PutItemCommand).callsFake(({ Item }) => void items.add(Item.id.S));
    const { createHandler } = await import('../examples/consumer-dynamodb/consumer.ts');
    const told: (string | undefined)[] = [];
    let isDown = true;
    const handler = createHandler(async ({ id }) => {
      if (id === 'o-2' && isDown) throw new Error('not yet');
      told.push(id);
    });
    const batch = batchOf(
      { type: 'user.completed.v1', id: 'o-1' },
      { type: 'user.dead_lettered.v1', id: 'o-2' },
    );
    expect(await handler(batch)).toEqual({ batchItemFailures: [{ itemIdentifier: 'm-1' }] });
    isDown = false;
    expect(await handler(batch)).toEqual({ batchItemFailures: [] });
    await handler(batch);
    expect(told).toEqual(['o-1', 'o-2']);
    dynamo.restore();
  });

  test('a consumer with Postgres changes a signup once, and a completion holds', async () => {
    await using database = new PGlite();
    await database.exec(
      await readFile(new URL('../examples/consumer-postgres/schema.sql', import.meta.url), 'utf8'),
    );
    await database.exec(`INSERT INTO signups (id) VALUES ('r-1'), ('r-2')`);
    const { createHandler } = await import('../examples/consumer-postgres/consumer.ts');
    const handler = createHandler(database);
    const uuid = (at: number) => `00000000-0000-5000-8000-00000000000${at}`;
    const failed = { type: 'user.dead_lettered.v1', data: { failure: { code: 'user_conflict' } } };
    const made = { type: 'user.completed.v1', data: { user: { id: 'usr_1' } } };
    const first = batchOf(
      { ...failed, id: uuid(1), causationid: 'r-1' },
      { ...failed, id: uuid(2), causationid: 'r-2' },
    );
    expect(await handler(first)).toEqual({ batchItemFailures: [] });
    // A redrive has led to a user; the former answer comes once more, and a late dead letter too.
    await handler(batchOf({ ...made, id: uuid(3), causationid: 'r-1' }));
    await handler(first);
    await handler(batchOf({ ...failed, id: uuid(4), causationid: 'r-1' }));
    const { rows } = await database.query(
      'SELECT id, state, provider_user, problem FROM signups ORDER BY id',
    );
    expect(rows).toEqual([
      { id: 'r-1', state: 'active', provider_user: 'usr_1', problem: null },
      { id: 'r-2', state: 'failed', provider_user: null, problem: 'user_conflict' },
    ]);
    expect(await handler(batchOf({ ...made, id: 'no uuid', causationid: 'r-2' }))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm-0' }],
    });
  });

  test('a rule and a topic are valid CloudFormation, and their events are taken', async () => {
    const bytes = await readFile(new URL('../examples/eventbridge-sns/template.yaml', import.meta.url));
    const engine = new RegoEngine();
    const template = { path: 'template.yaml', readBytes: () => bytes };
    const { status, diagnostics } = engine.validateStandard(template, {
      strict: true,
      severityLevel: 'WARN',
    });
    expect({ status, problems: diagnostics.map(({ ruleId, message }) => `${ruleId} ${message}`) }).toEqual({
      status: 'OK',
      problems: [],
    });
    engine.free();
    const data = { provider: 'vectara', user: { email: 'rule@example.com' } };
    await usher.send(
      JSON.stringify({
        'detail-type': 'user.requested.v1',
        source: 'signup',
        id: 'rule-1',
        time: '2026-01-31T09:30:00Z',
        detail: data,
      }),
    );
    expect(await answer()).toMatchObject({ causationid: 'rule-1', data: { result: 'created' } });
    const event = { specversion: '1.0', id: 'topic-1', source: 'signup', type: 'user.requested.v1', data };
    await usher.send(
      JSON.stringify({ Type: 'Notification', MessageId: 'm', Message: JSON.stringify(event) }),
    );
    expect(await answer()).toMatchObject({ causationid: 'topic-1', data: { result: 'existing' } });
  });

  test('a dead letter becomes a ticket with the key of its outcome, and a completion none', async () => {
    const tickets: unknown[] = [];
    const server = await serveHttp(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      tickets.push(JSON.parse(body));
      response.writeHead(201).end();
    });
    vi.stubEnv('TICKETS_URL', `http://${server.host}/`);
    const { handler } = await import('../examples/dead-letters-to-tickets/tickets.ts');
    const data = {
      failure: { code: 'user_conflict', message: 'differs' },
      provider: 'vectara',
      origin: { messageId: 'm' },
    };
    await handler(
      batchOf(
        { type: 'user.dead_lettered.v1', id: 'o-3', causationid: 'r-3', data },
        { type: 'user.completed.v1', id: 'o-4' },
      ),
    );
    expect(tickets).toMatchObject([{ key: 'o-3', title: 'Signup failed: user_conflict at vectara' }]);
    await server.close();
    await expect(handler(batchOf({ type: 'user.dead_lettered.v1', id: 'o-3', data }))).rejects.toThrow();
  });
});

function batchOf(...outcomes: readonly object[]): SQSEvent {
  return {
    Records: outcomes.map((outcome, at) => ({ ...recordOf({ data: {}, ...outcome }), messageId: `m-${at}` })),
  };
}
