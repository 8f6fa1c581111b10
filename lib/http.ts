import { HttpRequest } from '@smithy/core/protocols';
import { NodeHttpHandler } from '@smithy/node-http-handler';

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
  readonly headers: Readonly<Record<string, string>>;
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
  const agent = { keepAlive: true, maxSockets };
  const handler = new NodeHttpHandler({ httpAgent: agent, httpsAgent: agent });
  return async (call) => {
    const abortSignal = AbortSignal.timeout(call.timeoutMs);
    const reasonUnless = (reason: NoAnswerReason) => (abortSignal.aborted ? 'timed out' : reason);
    const { response } = await handler.handle(toRequest(call), { abortSignal }).catch((error: unknown) => {
      throw new NoAnswer(reasonUnless(neverArrived(error) ? 'refused' : 'reset'), error);
    });
    try {
      return { status: response.statusCode, headers: response.headers, body: await readText(response.body) };
    } catch (error) {
      throw new NoAnswer(reasonUnless('broken off'), error);
    }
  };
}

function toRequest({ method, url, headers, body }: HttpCall): HttpRequest {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  return new HttpRequest({
    method,
    protocol,
    hostname,
    ...(port && { port: Number(port) }),
    path: pathname + search,
    headers: { ...headers, ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }) },
    body,
  });
}

const NEVER_ARRIVED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

function neverArrived(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NEVER_ARRIVED.has(String(error.code));
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    // Leaving the loop destroys the stream and, with it, the connection.
    if (bytes > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MAX_ANSWER_BYTES);
}
