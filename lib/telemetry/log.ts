import manifest from '../../package.json' with { type: 'json' };
import type { Clock } from '../clock.ts';
import { codeOf } from '../error-code.ts';
import { invocationId } from './invocation.ts';

/** Fields of a log line: no e-mail address, no name, no message that comes from outside, no secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Writes one structured line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;

/** From the least to the most important. */
export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Logs as JSON, a line each, from the given level up; `level` and `timestamp` are named as Lambda expects them. Each
 * line tells the version of Usher, and which invocation it is of.
 */
export function createLog(least: LogLevel, clock: Clock, write: (line: string) => void): Log {
  return (level, message, fields) => {
    if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
    const timestamp = new Date(clock.now()).toISOString();
    const of = { version: manifest.version, invocationId: invocationId.getStore() };
    write(`${JSON.stringify({ timestamp, level, message, ...fields, ...of })}\n`);
  };
}

/** An id that a producer has chosen, unless it may hold an e-mail address. */
export function loggable(id: string | undefined): string | undefined {
  return id !== undefined && AT_SIGN.test(id) ? undefined : id;
}

/** As it is, percent-encoded, full-width and small. */
const AT_SIGN = /@|%40|\uFF20|\uFE6B/i;

/** The code of an error of the network, else its name, which is AWS's own code for a refusal; never its message. */
export function causeOf(error: unknown): string | undefined {
  return codeOf(error) ?? (error instanceof Error ? error.name : undefined);
}

/** What a defect may tell in a log: its kind and place, not its message, which may quote what was processed. */
export function defectFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { error: typeof error };
  const { message, stack = '' } = error;
  const place = stack.slice(stack.indexOf(message) + message.length);
  const frames = place.split('\n').filter((line) => /^\s+at /.test(line));
  return { error: error.name, stack: frames.map((line) => line.trim()) };
}
