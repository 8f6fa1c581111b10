import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A server that answers for AWS. */
export interface StandIn extends AsyncDisposable {
  readonly endpoint: string;
}

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 200;
const NOT_FOUND = 127;

/** Starts moto's server on the loopback; undefined where it is not installed. */
export async function startStandIn(): Promise<StandIn | undefined> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const absent = new Promise<true>((resolve) => child.once('error', () => resolve(true)));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
  };
  // However this process ends, the server ends with it.
  process.once('exit', () => child.kill());
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.once(signal, () => process.exit(code));
  const until = performance.now() + PATIENCE_MS;
  while (performance.now() < until) {
    if (await Promise.race([absent, delay(LOOK_EVERY_MS, false)])) return undefined;
    // What version managers put on the PATH for a command that is not installed ends like this.
    if (child.exitCode === NOT_FOUND) return undefined;
    if (child.exitCode !== null) throw new Error(`moto_server has ended with ${child.exitCode}`);
    if (await answers(endpoint)) return { endpoint, [Symbol.asyncDispose]: stop };
  }
  await stop();
  throw new Error(`moto_server has not answered within ${PATIENCE_MS / 1000} seconds`);
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/moto-api/`)).ok;
  } catch {
    // Not yet.
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port of the loopback is free');
  return address.port;
}
