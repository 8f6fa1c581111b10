import type { JsonObject } from '../../lib/json.ts';

export const region = 'us-east-1';
export const accountId = '000000000000';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One AWS service: answers an operation; `origin` is where the caller reached it. */
export type Service = (operation: string, body: JsonObject, origin: string) => Promise<Answer>;

/** An error as AWS's JSON protocols tell it; the SDK makes `name` the error's name. */
export function refusal(name: string, message: string, status = 400): Answer {
  return { status, body: { __type: name, message } };
}
