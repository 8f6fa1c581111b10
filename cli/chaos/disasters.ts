import { setTimeout as delay } from 'node:timers/promises';
import type { LambdaFunction } from '../../local/lambda/function.ts';
import type { SocketEnd } from '../../local/sandboxes/kept-sockets.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';
import type { Stack } from '../../local/stack.ts';
import { between, createRandom, pick, type Random, shuffled } from './random.ts';

export interface DisastersOptions {
  readonly seed: number;
  readonly functions: Stack['functions'];
  readonly sandboxes: readonly Sandbox[];
  /** How many outcomes there are; without a new one nobody is killed again, or a slow machine would get nothing done. */
  readonly outcomes: () => number;
  readonly onKill: (functionName: keyof Stack['functions']) => void;
  /** A provider refuses connections for a moment. */
  readonly onRefusal: (provider: string) => void;
  /** A provider ends the connections that it kept for the next call. */
  readonly onSocketEnd: (provider: string, how: SocketEnd) => void;
}

export interface Disasters {
  /** No more of them; resolves when the last one is over. */
  end(): Promise<void>;
}

type Containers = ReturnType<LambdaFunction['containers']>;
type Choice = (containers: Containers) => Containers;

/** Ten kills: one container of a function, or all of `user-requested` at once. */
const KILLS = [...Array<string>(7).fill('one'), 'all', 'requestExhausted', 'requestExhausted'];
const KILL_GAP_MS = [200, 1_400] as const;
const REFUSAL_GAP_MS = [500, 4_000] as const;
const REFUSAL_MS = [30, 90] as const;
const SOCKET_ENDS: readonly SocketEnd[] = ['fin', 'rst', 'rst on use'];
const SOCKET_END_GAP_MS = [300, 1_500] as const;

/** Kills containers, takes providers off the network and lets their kept connections go stale, at moments that the seed decides. */
export function startDisasters(options: DisastersOptions): Disasters {
  const { seed, functions, sandboxes, outcomes, onKill, onRefusal, onSocketEnd } = options;
  const over = new AbortController();
  let deck: string[] = [];
  let nextRefused: Sandbox[] = [];
  let outcomesAtKill = -1;
  let nextEnds: { readonly sandbox: Sandbox; readonly how: SocketEnd }[] = [];

  const kill = (functionName: keyof Stack['functions'], choose: Choice) => {
    for (const container of choose(functions[functionName].containers())) {
      container.kill();
      onKill(functionName);
    }
  };
  const strike = (random: Random) => {
    if (outcomes() === outcomesAtKill) return;
    outcomesAtKill = outcomes();
    if (deck.length === 0) deck = shuffled(random, KILLS);
    const one: Choice = (containers) => [pick(random, containers) ?? []].flat();
    const next = deck.pop();
    if (next === 'requestExhausted') kill('requestExhausted', one);
    else kill('userRequested', next === 'all' ? (containers) => containers : one);
  };
  const refuse = async (random: Random) => {
    if (nextRefused.length === 0) nextRefused = shuffled(random, sandboxes);
    const sandbox = nextRefused.pop();
    if (sandbox === undefined) return;
    onRefusal(sandbox.name);
    await sandbox.refuse(between(random, ...REFUSAL_MS));
  };

  // Each way comes once at each provider before any comes again: a short run meets them all.
  const waysToEnd = sandboxes.flatMap((sandbox) => SOCKET_ENDS.map((how) => ({ sandbox, how })));
  const endSockets = (random: Random) => {
    if (nextEnds.length === 0) nextEnds = shuffled(random, waysToEnd);
    const next = nextEnds.pop();
    if (next === undefined) return;
    next.sandbox.dropSockets(next.how);
    onSocketEnd(next.sandbox.name, next.how);
  };

  const repeat = async (
    purpose: string,
    gapMs: readonly [number, number],
    act: (random: Random) => void | Promise<void>,
  ) => {
    const random = createRandom(seed, purpose);
    while (!over.signal.aborted) {
      await delay(between(random, ...gapMs), undefined, { signal: over.signal }).catch(() => {});
      if (!over.signal.aborted) await act(random);
    }
  };
  const all = Promise.all([
    repeat('kills', KILL_GAP_MS, strike),
    repeat('refusals', REFUSAL_GAP_MS, refuse),
    repeat('socket ends', SOCKET_END_GAP_MS, endSockets),
  ]);

  return {
    async end() {
      over.abort();
      await all;
    },
  };
}
