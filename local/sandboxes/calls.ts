import type { IncomingHttpHeaders } from 'node:http';

/** What a call asks for; `other` is everything that the provider does not know. */
export type Operation = 'create' | 'get' | 'list' | 'token' | 'other';

/** One HTTP request as it arrived; `path` is raw: with its query, still percent-encoded. */
export interface Call {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP response; header names in lower case, JSON unless they say otherwise. */
export interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, body: JSON.stringify(value), headers };
}
