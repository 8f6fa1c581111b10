import type { Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Lets a server listen on a free port of the loopback until the test is finished; gives the port. */
export async function listening(server: Server): Promise<number> {
  const connections = new Set<Socket>();
  server.on('connection', (socket) => connections.add(socket));
  onTestFinished(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
