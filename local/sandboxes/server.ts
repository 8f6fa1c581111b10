import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Call, json, type Operation } from './calls.ts';
import { createFaults, type Fault, respond } from './faults.ts';
import { createKeptSockets } from './kept-sockets.ts';
import { listen } from './listening.ts';

/** A call whose route was found: the groups of the route's path, percent-decoded once, and the query. */
export interface RoutedCall extends Call {
  readonly params: readonly string[];
  readonly query: URLSearchParams;
}

export interface Route {
  readonly operation: Operation;
  readonly method: string;
  readonly path: RegExp;
  /** Of the query as it arrived; any by default. */
  readonly query?: RegExp;
  readonly answer: (call: RoutedCall) => Answer;
}

export interface ServerOptions {
  /** How long every call takes at least; 0 by default. */
  latencyMs?: number;
  /** Sees every call that no injected fault meets, before it is carried out, and may make it go wrong. */
  onCall?: (call: Call) => Fault | undefined;
}

/** Real servers close a connection that idles, too. */
const KEEP_ALIVE_MS = 5_000;

/** Serves the routes on a free port of the loopback, records every call, and makes the injected faults. */
export async function serve(routes: readonly Route[], { latencyMs = 0, onCall }: ServerOptions) {
  const calls: Call[] = [];
  const faults = createFaults();
  const inFlight = new Set<ServerResponse>();
  let mostInFlight = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    if (!keptSockets.admit(request, response)) return;
    inFlight.add(response);
    mostInFlight = Math.max(mostInFlight, inFlight.size);
    response.once('close', () => inFlight.delete(response));
    const body = await text(request).catch(() => undefined);
    if (body === undefined) return;
    const { call, carryOut } = routeTo(routes, request, body);
    calls.push(call);
    const fault = faults.take(call) ?? onCall?.(call);
    if (latencyMs > 0) await delay(latencyMs, undefined, { ref: false });
    respond(response, fault, carryOut);
  };

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => void handle(request, response),
  );
  const keptSockets = createKeptSockets(server);
  const { port, refuse, close } = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    mostInFlight: () => mostInFlight,
    inject: faults.inject,
    dropSockets: keptSockets.drop,
    refuse,
    close,
  };
}

function routeTo(routes: readonly Route[], request: IncomingMessage, body: string) {
  const { method = '', url: path = '', headers } = request;
  const [pathname = '', query = ''] = path.split('?', 2);
  const route = routes.find(
    (candidate) =>
      candidate.method === method && candidate.path.test(pathname) && (candidate.query?.test(query) ?? true),
  );
  const call: Call = { operation: route?.operation ?? 'other', method, path, headers, body };
  const carryOut = () => {
    if (route === undefined) return json(404, { message: 'no such path' });
    const params = decodedGroups(route.path, pathname);
    if (params === undefined) return json(400, { message: 'the path is not percent-encoded correctly' });
    return route.answer({ ...call, params, query: new URLSearchParams(query) });
  };
  return { call, carryOut };
}

function decodedGroups(pattern: RegExp, pathname: string): string[] | undefined {
  const groups = (pattern.exec(pathname) ?? []).slice(1);
  try {
    return groups.map((group) => decodeURIComponent(group));
  } catch {
    return undefined;
  }
}
