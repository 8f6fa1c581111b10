import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** A SCIM server of somebody else, on this machine. */
export interface Peer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly token: string;
  /** What it was asked, in the order of arrival, with what it answered. */
  readonly calls: readonly PeerCall[];
  /** Cuts the connection in place of its next answers to calls of that method. */
  loseAnswers(method: string, times: number): void;
}

export interface PeerCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The body of the answer. */
  readonly answer: string;
}

export interface PeerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Gets what came over HTTP; answers with what the peer says, unchanged. */
export type Answering = (request: IncomingMessage, body: string) => Promise<PeerAnswer>;

/** Listens on a free port of the loopback; the peer itself is made once that is known. */
export async function serve(
  path: string,
  token: string,
  open: (origin: string) => Promise<Answering>,
): Promise<Peer> {
  const calls: PeerCall[] = [];
  const lost = new Map<string, number>();
  let answer: Answering | undefined;
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    try {
      const { status, headers, body } = (await answer?.(request, await text(request))) ?? UNREADY;
      calls.push({ method, path: url, status, answer: body });
      const times = lost.get(method) ?? 0;
      lost.set(method, times - 1);
      if (times > 0) response.destroy();
      else response.writeHead(status, headers).end(body);
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const origin = `http://127.0.0.1:${address.port}`;
  answer = await open(origin);
  return {
    baseUrl: origin + path,
    token,
    calls,
    loseAnswers(method, times) {
      lost.set(method, times);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const UNREADY: PeerAnswer = { status: 503, headers: {}, body: '' };
