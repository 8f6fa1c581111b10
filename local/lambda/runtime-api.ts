import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { isObject, parseJson } from '../../lib/json.ts';
import { serveHttp } from '../http-server.ts';

export interface InvocationError {
  readonly errorType: string;
  readonly errorMessage: string;
}

export type InvocationResult =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly error: InvocationError };

export interface Invocation {
  readonly requestId: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
  readonly event: unknown;
}

export interface RuntimeApi {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  /** Waits for the runtime to ask for work: undefined then, or the reason why it could not start. */
  initialized(): Promise<InvocationResult | undefined>;
  /** Hands one event over and waits for its result; one at a time. */
  invoke(invocation: Invocation): Promise<InvocationResult>;
  close(): Promise<void>;
}

/** Lambda's Runtime API for one container: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const initialized = Promise.withResolvers<InvocationResult | undefined>();
  let next = Promise.withResolvers<ServerResponse>();
  let result = Promise.withResolvers<InvocationResult>();

  const settle = (path: string, body: string) => {
    if (path.endsWith('/response')) result.resolve({ ok: true, payload: parseJson(body) });
    else if (path.endsWith('/init/error')) initialized.resolve({ ok: false, error: invocationError(body) });
    else result.resolve({ ok: false, error: invocationError(body) });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    if (request.method === 'GET') {
      initialized.resolve(undefined);
      next.resolve(response);
      return;
    }
    settle(path, await text(request));
    response.writeHead(202).end();
  };

  // The real one is inside the sandbox, and never closes a connection.
  const server = await serveHttp(handle, { keepAliveTimeout: 0 });
  return {
    host: server.host,
    initialized: () => initialized.promise,
    async invoke(invocation) {
      const response = await next.promise;
      // The runtime may ask for the next event before its result has arrived.
      next = Promise.withResolvers();
      result = Promise.withResolvers();
      deliver(response, invocation);
      return result.promise;
    },
    close: () => server.close(),
  };
}

function deliver(response: ServerResponse, { requestId, deadlineMs, functionArn, event }: Invocation): void {
  const headers = {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': deadlineMs,
    'lambda-runtime-invoked-function-arn': functionArn,
  };
  response.writeHead(200, headers).end(JSON.stringify(event));
}

function invocationError(body: string): InvocationError {
  const error = parseJson(body);
  if (!isObject(error)) return { errorType: 'Error', errorMessage: body };
  return { errorType: String(error.errorType), errorMessage: String(error.errorMessage) };
}
