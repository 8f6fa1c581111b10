import http, { type Agent, type ClientRequest, type RequestOptions } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';

/** Connections that are kept and used again, at most `maxSockets` to one host. */
export interface Sockets {
  /** Begins a request to an absolute URL, over no connection that has idled for more than five seconds. */
  request(url: string, options: Pick<RequestOptions, 'method' | 'headers'>): ClientRequest;
  /** Closes all connections that idle. */
  dropIdle(): void;
}

/** Servers, and whatever translates addresses on the way, forget idle connections, and some of them say nothing. */
const LONGEST_IDLE_MS = 5_000;
/** Node's own limit of 250 ms is less than a handshake with the other side of the world takes. */
const ADDRESS_LIMIT_MS = 2_000;

export function createSockets(maxSockets: number, clock: Pick<Clock, 'now'>): Sockets {
  const settings = {
    ...{ keepAlive: true, maxSockets, timeout: LONGEST_IDLE_MS },
    autoSelectFamilyAttemptTimeout: ADDRESS_LIMIT_MS,
  };
  const plain = keptBy(http.request, new http.Agent(settings), clock);
  const secure = keptBy(https.request, new https.Agent(settings), clock);

  return {
    request(url, { method, headers }) {
      const { protocol, hostname, port, pathname, search } = new URL(url);
      const { request, agent, idle } = protocol === 'https:' ? secure : plain;
      idle.dropStale();
      // An address of IPv6 has brackets in a URL only.
      const host = hostname.replace(/^\[(.*)\]$/, '$1');
      return request({ method, headers, agent, host, port, path: pathname + search });
    },
    dropIdle() {
      for (const { idle } of [plain, secure]) idle.dropAll();
    },
  };
}

function keptBy(request: typeof http.request, agent: Agent, clock: Pick<Clock, 'now'>) {
  return { request, agent, idle: watchIdleSockets(agent, clock) };
}

/** The agent's own timer closes what idles, but it may stand still while the container is frozen. */
function watchIdleSockets(agent: Agent, clock: Pick<Clock, 'now'>) {
  const idleSince = new WeakMap<Duplex, number>();
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  agent.keepSocketAlive = (socket) => {
    idleSince.set(socket, clock.now());
    return keepSocketAlive(socket);
  };

  function isStale(socket: Socket): boolean {
    const idleMs = clock.now() - (idleSince.get(socket) ?? 0);
    // The agent has set the timeout, to less where the server has announced that it waits less.
    return idleMs < 0 || idleMs > (socket.timeout ?? LONGEST_IDLE_MS);
  }

  /** Those that have idled longest stand first, and the agent takes the last one. */
  function dropWhile(isToGo: (socket: Socket) => boolean): void {
    for (const sockets of Object.values(agent.freeSockets)) {
      const kept = sockets?.findIndex((socket) => !isToGo(socket));
      for (const socket of sockets?.slice(0, kept === -1 ? undefined : kept) ?? []) socket.destroy();
    }
  }

  return { dropStale: () => dropWhile(isStale), dropAll: () => dropWhile(() => true) };
}
