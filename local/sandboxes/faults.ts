import type { ServerResponse } from 'node:http';
import { type Answer, type Call, json, type Operation } from './calls.ts';

/**
 * How a connection goes wrong: cut before the answer, silent for ever, cut in the middle of the body
 * that `content-length` announced, or one byte now and then without an end.
 */
export type Breakage = 'reset' | 'hang' | 'truncate' | 'drip';

/**
 * A call that goes wrong: whether the provider does its work all the same, and what the caller gets instead
 * of the answer. A `when` that refuses a call leaves the fault for a later one.
 */
export type Fault = { readonly when?: (call: Call) => boolean } & (
  | { readonly applied: true; readonly reply: Answer | Breakage | ((answer: Answer) => Answer) }
  | { readonly applied: false; readonly reply: Answer | Breakage }
);

const DRIP_INTERVAL_MS = 20;

/** The faults that are still to come. */
export function createFaults() {
  const waiting: { operation: Operation; fault: Fault; left: number }[] = [];
  return {
    inject(operation: Operation, fault: Fault, times = 1): void {
      waiting.push({ operation, fault, left: times });
    },
    take(call: Call): Fault | undefined {
      const next = waiting.find(
        ({ operation, fault }) => operation === call.operation && (fault.when?.(call) ?? true),
      );
      if (next === undefined) return undefined;
      next.left -= 1;
      if (next.left <= 0) waiting.splice(waiting.indexOf(next), 1);
      return next.fault;
    },
  };
}

/** Does what the call asks for, unless the fault forbids it, and answers, unless the fault does otherwise. */
export function respond(response: ServerResponse, fault: Fault | undefined, carryOut: () => Answer): void {
  const answer = fault?.applied === false ? json(200, {}) : carryOut();
  if (fault === undefined) send(response, answer);
  else if (typeof fault.reply === 'string') breakOff[fault.reply](response, answer);
  else send(response, typeof fault.reply === 'function' ? fault.reply(answer) : fault.reply);
}

const breakOff: Record<Breakage, (response: ServerResponse, answer: Answer) => void> = {
  reset(response) {
    response.socket?.resetAndDestroy();
  },
  hang() {},
  truncate(response, answer) {
    const { status, body } = answer;
    response.writeHead(status, { ...headersOf(answer), 'content-length': Buffer.byteLength(body) });
    response.write(body.slice(0, body.length / 2), () => response.destroy());
  },
  drip(response, answer) {
    response.writeHead(answer.status, headersOf(answer));
    const timer = setInterval(() => response.write(' '), DRIP_INTERVAL_MS);
    response.once('close', () => clearInterval(timer));
  },
};

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, headersOf(answer)).end(answer.body);
}

function headersOf(answer: Answer): Record<string, string> {
  return { 'content-type': 'application/json', ...answer.headers };
}
