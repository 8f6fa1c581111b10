import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';

export interface Call {
  readonly request: IncomingMessage;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Milliseconds before the answer is sent. */
  readonly afterMs?: number;
}

/** Real servers close a connection that idles, too. */
const KEEP_ALIVE_MS = 5_000;

/** Serves on a free port of the loopback and answers with its origin. */
export async function serve(answer: (call: Call) => Answer): Promise<string> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { status, body: text, afterMs = 0 } = answer({ request, body });
      const send = () => {
        const length = Buffer.byteLength(text);
        response
          .writeHead(status, { 'content-type': 'application/json', 'content-length': length })
          .end(text);
      };
      if (afterMs > 0) setTimeout(send, afterMs);
      else send();
    });
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port.');
  return `http://127.0.0.1:${address.port}`;
}
