import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp, type HttpCall } from '../lib/calls/http.ts';
import { systemClock } from '../lib/clock.ts';
import { listening } from './listening.ts';

/** Of nobody but this test: for localhost, and trusted by no one who is not told to. */
const [key, cert] = await Promise.all(
  ['key', 'certificate'].map((name) => readFile(new URL(`./tls/${name}.pem`, import.meta.url), 'utf8')),
);

const echo = () => createServer({ key, cert }, (request, response) => request.pipe(response));

/** A call to a server, by HTTPS whatever the server speaks, and the number of requests that have reached it. */
async function callTo(server: Server | TcpServer) {
  let requests = 0;
  server.on('request', () => {
    requests += 1;
  });
  const call: HttpCall = {
    method: 'POST',
    url: `https://localhost:${await listening(server)}/users`,
    headers: {},
    body: '{"text":"ä"}',
    timeoutMs: 5_000,
  };
  return { call, requests: () => requests };
}

/** Until the test is finished the certificate is trusted beside the usual ones. */
function trust(): void {
  const usual = getCACertificates('default');
  onTestFinished(() => setDefaultCACertificates(usual));
  setDefaultCACertificates([...usual, cert ?? '']);
}

describe('A call by HTTPS', () => {
  it('reaches a server whose certificate is trusted', async () => {
    trust();
    const { call, requests } = await callTo(echo());
    expect(await createHttp(1, systemClock)(call)).toMatchObject({ status: 200, body: '{"text":"ä"}' });
    expect(requests()).toBe(1);
  });

  it('may have been carried out once the handshake is over', async () => {
    trust();
    const { call } = await callTo(createServer({ key, cert }, ({ socket }) => void socket.destroy()));
    await expect(createHttp(1, systemClock)(call)).rejects.toMatchObject({
      ...{ reason: 'reset', connection: 'new', code: 'ECONNRESET' },
    });
  });

  it('is sent again over a new connection where it is a GET and the one that was kept is dead', async () => {
    trust();
    const served = new Set<unknown>();
    const { call, requests } = await callTo(
      createServer({ key, cert }, ({ socket }, response) => {
        if (served.has(socket)) socket.end();
        else response.end('{}');
        served.add(socket);
      }),
    );
    const http = createHttp(1, systemClock);
    for (let index = 0; index < 2; index++) {
      expect(await http({ ...call, method: 'GET', body: undefined })).toMatchObject({ status: 200 });
    }
    expect(requests()).toBe(3);
  });

  it.each<readonly [string, () => Server | TcpServer, string]>([
    ['whose certificate is not trusted', echo, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'that speaks plain HTTP',
      () => createTcpServer((socket) => socket.end('HTTP/1.1 400 \r\n\r\n')),
      'EPROTO',
    ],
    ['that cuts the handshake', () => createTcpServer((socket) => void socket.destroy()), 'ECONNRESET'],
    ['that is silent in the handshake', () => createTcpServer(), 'ETIMEDOUT'],
  ])('says nothing to a server %s', async (_, createServer, code) => {
    const { call, requests } = await callTo(createServer());
    await expect(createHttp(1, systemClock)({ ...call, timeoutMs: 500 })).rejects.toMatchObject({
      ...{ name: 'NoAnswer', connection: 'none', code },
    });
    expect(requests()).toBe(0);
  });
});
