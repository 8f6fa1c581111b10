import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Sandbox } from '../local/sandboxes/sandbox.ts';

/** A server before a sandbox, with connections of its own to those who call. */
export interface Front extends AsyncDisposable {
  /** The functions' variables that lead them here. */
  readonly environment: Readonly<Record<string, string>>;
  /** Cuts every open connection, which who holds it learns only by using it or by waiting. */
  cut(): void;
}

/** How the front writes answers. */
export interface Writing {
  /** The `content-encoding`. */
  readonly coding: string;
  readonly encode: (body: Buffer) => Buffer;
}

/** Passes every call on to the sandbox, and every answer back, written in another way where that is given. */
export async function openFront(sandbox: Sandbox, writing?: Writing): Promise<Front> {
  const server = createServer((call, response) => {
    const { method, headers } = call;
    const onward = request(`${sandbox.url}${call.url}`, { method, headers, agent: false }, async (answer) => {
      const body = await buffer(answer);
      const { connection: _, 'transfer-encoding': __, ...kept } = answer.headers;
      const written = writing ? writing.encode(body) : body;
      response.writeHead(answer.statusCode ?? 0, {
        ...kept,
        ...(writing && { 'content-encoding': writing.coding }),
        'content-length': written.byteLength,
      });
      response.end(written);
    });
    onward.on('error', () => response.destroy());
    call.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const url = `http://127.0.0.1:${address.port}`;
  const led = ([name, value]: [string, string]) => [name, value.replace(sandbox.url, url)];
  return {
    environment: Object.fromEntries(Object.entries(sandbox.environment).map(led)),
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
