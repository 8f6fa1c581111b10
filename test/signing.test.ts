import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { serveHttp } from '../local/http-server.ts';
import { recordOf } from './deliveries.ts';
import { requestEvent } from './local-usher.ts';

const run = promisify(execFile);

interface Call {
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const credentials = {
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'session-token',
};

it('The artefact signs its calls with the credentials that Lambda puts into the environment', async () => {
  const calls: Call[] = [];
  const aws = await serveHttp(async (request, response) => {
    const target = String(request.headers['x-amz-target']);
    calls.push({ target, headers: request.headers, body: await text(request) });
    response.writeHead(400).end('{"__type":"AccessDeniedException"}');
  });
  const request = requestEvent('1', { provider: 'fireworks', user: { email: 'ada@example.com' } });
  const event = { Records: [recordOf(request), recordOf('hello')] };
  const script = `const { handler } = await import('./dist/user-requested/index.mjs');
    await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 60_000 });`;
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: {
      ...credentials,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL: `http://${aws.host}`,
      REQUEST_QUEUE_URL: `http://${aws.host}/1/requests`,
      COMPLETION_QUEUE_URL: `http://${aws.host}/1/completions`,
      DEAD_LETTER_QUEUE_URL: `http://${aws.host}/1/dead-letters`,
      MAX_RECEIVES: '3',
    },
  });
  await aws.close();

  expect(new Set(calls.map(({ target }) => target))).toEqual(
    new Set([
      'secretsmanager.GetSecretValue',
      'AmazonSQS.SendMessageBatch',
      'AmazonSQS.ChangeMessageVisibilityBatch',
    ]),
  );
  for (const call of calls) {
    expect(call.headers['x-amz-security-token']).toBe(credentials.AWS_SESSION_TOKEN);
    expect(call.headers.authorization).toBe(authorizationOf(call));
  }
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function authorizationOf({ target, headers, body }: Call): string {
  const signedHeaders = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? '';
  expect(signedHeaders.split(';')).toEqual(
    expect.arrayContaining(['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']),
  );
  const time = String(headers['x-amz-date']);
  const service = target.startsWith('AmazonSQS') ? 'sqs' : 'secretsmanager';
  const scope = [time.slice(0, 8), 'eu-central-1', service, 'aws4_request'];
  const canonical = signedHeaders.split(';').map((name) => `${name}:${headers[name]}\n`);
  const canonicalRequest = ['POST', '/', '', canonical.join(''), signedHeaders, sha256(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonicalRequest)].join('\n');
  const key = scope.reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${credentials.AWS_SECRET_ACCESS_KEY}`,
  );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  const credential = [credentials.AWS_ACCESS_KEY_ID, ...scope].join('/');
  return `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

function sha256(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
