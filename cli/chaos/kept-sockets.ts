import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { isObject } from '../../lib/json.ts';

/**
 * How a kept connection ends while nobody sends: `closed` at once, as servers do with idle ones, or `forgotten`, as by
 * a NAT: the next call on it is answered by a reset and arrives nowhere.
 */
export type SocketEnd = 'closed' | 'forgotten';

export interface KeptSockets extends Disposable {
  /** Ends every connection to this port that waits for its next call; gives how many these were. */
  end(port: number, how: SocketEnd): number;
}

const STARTED = 'http.server.request.start';
const FINISHED = 'http.server.response.finish';

/** Watches the connections that the HTTP servers of this process keep open between two calls. */
export function watchKeptSockets(): KeptSockets {
  const idle = new Set<Socket>();
  const forgotten = new WeakSet<Socket>();

  const onStart = (message: unknown) => {
    const { socket, request } = partsOf(message);
    if (socket === undefined) return;
    idle.delete(socket);
    if (!forgotten.has(socket)) return;
    socket.resetAndDestroy();
    // Else its body, which may have come along, would be carried out.
    request?.destroy();
  };
  const onFinish = (message: unknown) => {
    const { socket } = partsOf(message);
    if (socket !== undefined) idle.add(socket);
  };
  subscribe(STARTED, onStart);
  subscribe(FINISHED, onFinish);

  return {
    end(port, how) {
      for (const socket of idle) if (socket.destroyed) idle.delete(socket);
      const waiting = [...idle].filter((socket) => socket.localPort === port && !forgotten.has(socket));
      for (const socket of waiting) {
        if (how === 'closed') socket.destroy();
        else forgotten.add(socket);
      }
      return waiting.length;
    },
    [Symbol.dispose]() {
      unsubscribe(STARTED, onStart);
      unsubscribe(FINISHED, onFinish);
    },
  };
}

function partsOf(message: unknown) {
  const { socket, request } = isObject(message) ? message : {};
  return {
    socket: socket instanceof Socket ? socket : undefined,
    request: request instanceof IncomingMessage ? request : undefined,
  };
}
