import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Sends a message, if there is one, and answers with the next one that comes; undefined where the process ends instead. */
export function ask(child: ChildProcess, message?: string | object): Promise<unknown> {
  return new Promise((resolve) => {
    const answer = (value?: unknown) => {
      child.off('message', answer).off('exit', died).off('error', died);
      resolve(value);
    };
    const died = () => answer();
    child.on('message', answer).on('exit', died).on('error', died);
    if (message !== undefined && child.connected) child.send(message);
  });
}

/** Ends a process and waits until it has ended. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (child.connected) child.disconnect();
  else child.kill();
  await ended;
}
