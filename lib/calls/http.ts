import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import manifest from '../../package.json' with { type: 'json' };
import type { Clock } from '../clock.ts';
import { codeOf } from '../error-code.ts';
import { readText } from './body.ts';
import { type CallConnection, NoAnswer, TimedOut } from './no-answer.ts';
import { createSockets } from './sockets.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  /** Absolute and percent-encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** The whole call, the last byte of the answer included, ends by then. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The text of the answer, decoded, and cut at `MAX_ANSWER_BYTES`; empty where it cannot be decoded. */
  readonly body: string;
}

/**
 * One call, one answer; no redirect is followed, and nothing but a GET that met a dead connection is sent again.
 * Fails with `NoAnswer`.
 */
export type Http = (call: HttpCall) => Promise<HttpAnswer>;

/** There are firewalls that let nobody in who does not name himself. */
const USER_AGENT = `usher/${manifest.version}`;
const ALWAYS = { 'user-agent': USER_AGENT, accept: 'application/json', 'accept-encoding': 'identity' };

/** The only way out to a provider: connections are kept and reused, at most `maxSockets` to one host. */
export function createHttp(maxSockets: number, clock: Pick<Clock, 'now' | 'monotonic'>): Http {
  const sockets = createSockets(maxSockets, clock);

  async function send({ method, url, headers, body, timeoutMs }: HttpCall): Promise<HttpAnswer> {
    const request = sockets.request(url, { method, headers: { ...ALWAYS, ...headers } });
    let connection: CallConnection = 'none';
    onConnection(request, (standing) => {
      connection = standing;
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      request.destroy();
    }, timeoutMs);
    let response: IncomingMessage | undefined;
    try {
      response = await responseTo(request.end(body));
      const { statusCode: status = 0, headers } = response;
      return { status, headers, body: await readText(response, headers['content-encoding']) };
    } catch (error) {
      if (timedOut) throw new NoAnswer('timed out', connection, new TimedOut(connection));
      if (connection === 'none') throw new NoAnswer('not connected', connection, error);
      const unanswered = isParseError(error) ? 'unreadable' : 'reset';
      throw new NoAnswer(response ? 'broken off' : unanswered, connection, error);
    } finally {
      clearTimeout(timer);
    }
  }

  return async (call) => {
    const startedAt = clock.monotonic();
    try {
      return await send(call);
    } catch (error) {
      if (!(error instanceof NoAnswer) || !isDeadConnection(error)) throw error;
      // Where one is dead the others have idled as long, and each would cost a try.
      sockets.dropIdle();
      if (call.method !== 'GET' || error.reason === 'timed out') throw error;
      return await send({
        ...call,
        timeoutMs: Math.max(0, call.timeoutMs - (clock.monotonic() - startedAt)),
      });
    }
  };
}

/** Tells which connection the request goes over, as soon as it stands. */
function onConnection(request: ClientRequest, tell: (connection: CallConnection) => void): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) tell('kept');
    else socket.once(request.protocol === 'https:' ? 'secureConnect' : 'connect', () => tell('new'));
  });
}

function isDeadConnection({ connection, reason }: NoAnswer): boolean {
  return connection === 'kept' && (reason === 'reset' || reason === 'timed out');
}

/** https://nodejs.org/api/errors.html#hpe_header_overflow and its like */
function isParseError(error: unknown): boolean {
  return codeOf(error)?.startsWith('HPE_') ?? false;
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('The connection was closed without an answer'));
    request.on('close', onClose);
    request.on('response', (response) => {
      // Each request closes in the end, and an error is costly to make.
      request.off('close', onClose);
      resolve(response);
    });
    request.on('error', reject);
    // After 101 Switching Protocols nothing else would ever be heard of the request.
    request.on('upgrade', (_, socket) => socket.destroy());
  });
}
