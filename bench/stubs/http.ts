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

/** Serves on a free port of the loopback and answers with its origin. */
export async function serve(answer: (call: Call) => Answer): Promise<string> {
  // Without a keep-alive timeout a client never sends into a connection that is just being closed.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
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
