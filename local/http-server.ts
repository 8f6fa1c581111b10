import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface HttpServer {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Cuts every open connection. */
  close(): Promise<void>;
}

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface HttpServerOptions {
  /** A free one by default. */
  readonly port?: number;
  /** How long a connection may idle until it is closed, in milliseconds; 0 for ever, 5,000 by default. */
  readonly keepAliveTimeout?: number;
}

/** Serves on a port of the loopback; a handler that rejects answers 500 with its error. */
export async function serveHttp(
  handle: HttpHandler,
  { port = 0, keepAliveTimeout = 5_000 }: HttpServerOptions = {},
): Promise<HttpServer> {
  const server = createServer({ keepAliveTimeout }, (request, response) => {
    handle(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ message: String(error) }));
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    host: `127.0.0.1:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
