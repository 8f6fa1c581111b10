import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Lets a server listen on a free port of the loopback, and be away for a while. */
export async function listen(server: HttpServer) {
  const port = await listenOn(server, 0);
  let closed = false;

  async function stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await stopped;
  }

  return {
    port,
    async refuse(ms: number): Promise<void> {
      const stopped = stop();
      await using _ = await occupy(port);
      await stopped;
      await delay(ms, undefined, { ref: false });
      if (!closed) await listenOn(server, port);
    },
    async close(): Promise<void> {
      closed = true;
      await stop();
    },
  };
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Connects from the port, so that connections to it are refused and yet nobody else is given it. */
async function occupy(localPort: number): Promise<AsyncDisposable> {
  const other = createServer((peer) => peer.on('error', () => {}));
  const port = await listenOn(other, 0);
  const socket = connect({ port, host: '127.0.0.1', localPort, localAddress: '127.0.0.1' });
  await once(socket, 'connect');
  return {
    async [Symbol.asyncDispose]() {
      socket.resetAndDestroy();
      other.close();
      await once(other, 'close');
    },
  };
}
