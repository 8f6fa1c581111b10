import http, { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import https from 'node:https';

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
  /** The text of the answer, cut at `MAX_ANSWER_BYTES`. */
  readonly body: string;
}

/** One call, one answer: nothing is sent again, no redirect is followed; fails with `NoAnswer`. */
export type Http = (call: HttpCall) => Promise<HttpAnswer>;

/** `refused`: the call never arrived. With every other reason it may have been carried out. */
export type NoAnswerReason = 'refused' | 'reset' | 'broken off' | 'timed out';

export class NoAnswer extends Error {
  readonly reason: NoAnswerReason;

  constructor(reason: NoAnswerReason, cause: unknown) {
    super(`The call was ${reason}`, { cause });
    this.name = 'NoAnswer';
    this.reason = reason;
  }
}

/** Enough for the largest page of users, too little to exhaust the memory of a function. */
export const MAX_ANSWER_BYTES = 4 * 1_048_576;

/** The only way out to a provider: connections are kept and reused, at most `maxSockets` to one host. */
export function createHttp(maxSockets: number): Http {
  const keeping = { keepAlive: true, maxSockets };
  const plain = { request: http.request, agent: new http.Agent(keeping) };
  const secure = { request: https.request, agent: new https.Agent(keeping) };

  function send({ method, url, headers, body }: HttpCall): ClientRequest {
    const { protocol, hostname, port, pathname, search } = new URL(url);
    const { request, agent } = protocol === 'https:' ? secure : plain;
    const call = request({
      ...{ agent, method, port, path: pathname + search },
      // An address of IPv6 has brackets in a URL only.
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      headers,
    });
    return call.end(body);
  }

  return async (call) => {
    const request = send(call);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      request.destroy();
    }, call.timeoutMs);
    const noAnswer = (reason: NoAnswerReason, cause: unknown) =>
      new NoAnswer(timedOut ? 'timed out' : reason, cause);
    try {
      const response = await responseTo(request).catch((error: unknown) => {
        throw noAnswer(neverArrived(error) ? 'refused' : 'reset', error);
      });
      const body = await readText(response).catch((error: unknown) => {
        throw noAnswer('broken off', error);
      });
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    } finally {
      clearTimeout(timer);
    }
  };
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve);
    request.on('error', reject);
    // After 101 Switching Protocols nothing else would ever be heard of the request.
    request.on('upgrade', (_, socket) => socket.destroy());
    request.on('close', () => reject(new Error('The connection was closed without an answer')));
  });
}

const NEVER_ARRIVED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function neverArrived(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NEVER_ARRIVED.has(String(error.code));
}

function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const text = () => Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES);
  return new Promise((resolve, reject) => {
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes <= MAX_ANSWER_BYTES) return;
      resolve(text());
      response.destroy();
    });
    response.on('end', () => resolve(text()));
    response.on('error', reject);
    response.on('close', () => reject(new Error('The connection was closed before the end of the answer')));
  });
}
