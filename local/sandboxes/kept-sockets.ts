import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How a connection that idles ends: closed, reset, or reset by the next request that comes over it. */
export type SocketEnd = 'fin' | 'rst' | 'rst on use';

/** The connections of a server that have served and idle until the next request. */
export function createKeptSockets(server: Server) {
  const kept = new Set<Socket>();
  const doomed = new WeakSet<Socket>();
  server.on('connection', (socket) => socket.once('close', () => kept.delete(socket)));
  return {
    /** False where the connection does not live to serve the request. */
    admit({ socket }: IncomingMessage, response: ServerResponse): boolean {
      kept.delete(socket);
      if (doomed.has(socket)) {
        socket.resetAndDestroy();
        return false;
      }
      response.once('close', () => {
        if (!socket.destroyed) kept.add(socket);
      });
      return true;
    },
    drop(how: SocketEnd): void {
      for (const socket of kept) {
        if (socket.destroyed) kept.delete(socket);
        else if (how === 'fin') socket.destroy();
        else if (how === 'rst') socket.resetAndDestroy();
        else doomed.add(socket);
      }
    },
  };
}
