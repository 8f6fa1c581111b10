import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp, type HttpCall } from '../lib/calls/http.ts';

const run = promisify(execFile);

/** Of nobody but this test: for localhost, and trusted by no one who is not told to. */
const [key, cert] = await Promise.all(
  ['key', 'certificate'].map((name) => readFile(new URL(`./tls/${name}.pem`, import.meta.url), 'utf8')),
);

/** A server that answers with what it is sent, and the number of requests that have reached it. */
async function serve() {
  let requests = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = createServer({ key, cert }, (request, response) => {
    requests += 1;
    request.pipe(response);
  }).listen(0, '127.0.0.1', resolve);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const call: HttpCall = {
    method: 'POST',
    url: `https://localhost:${address.port}/users`,
    headers: {},
    body: '{"text":"ä"}',
    timeoutMs: 5_000,
  };
  return { call, requests: () => requests };
}

/** Makes the call in a process that trusts the certificate beside the usual ones; gives the answer as JSON. */
async function callTrusting(call: HttpCall): Promise<string> {
  const script = `import { createHttp } from ${JSON.stringify(new URL('../lib/calls/http.ts', import.meta.url).href)};
    console.log(JSON.stringify(await createHttp(1)(${JSON.stringify(call)})));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    env: { NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('./tls/certificate.pem', import.meta.url)) },
  });
  return stdout;
}

describe('A call by HTTPS', () => {
  it('reaches a server whose certificate is trusted', async () => {
    const { call, requests } = await serve();
    expect(JSON.parse(await callTrusting(call))).toMatchObject({ status: 200, body: '{"text":"ä"}' });
    expect(requests()).toBe(1);
  });

  it('says nothing to a server whose certificate is not trusted', async () => {
    const { call, requests } = await serve();
    await expect(createHttp(1)(call)).rejects.toMatchObject({
      name: 'NoAnswer',
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(requests()).toBe(0);
  });
});
