import type * as z from 'zod';
import { isObject, type JsonObject } from '../../lib/json.ts';
import type { Answer } from '../aws/service.ts';

/** Answers an operation with the emulator's help. */
export type Repair = (body: JsonObject, emulator: (body: JsonObject) => Promise<Answer>) => Promise<Answer>;

export type Repairs = readonly (readonly [operation: string, repair: Repair])[];

/**
 * Changes a request before the emulator sees it, and its answer, where it has one, afterwards.
 * A request that has not the operation's shape is left to the emulator to refuse.
 */
export function repair<Request extends JsonObject>(
  shape: z.ZodType<Request>,
  before: (request: Request) => JsonObject,
  after: (answer: JsonObject, request: Request) => JsonObject,
): Repair {
  return async (body, emulator) => {
    const { data: request } = shape.safeParse(body);
    if (request === undefined) return emulator(body);
    const answer = await emulator(before(request));
    if (answer.status !== 200 || !isObject(answer.body)) return answer;
    return { status: 200, body: after(answer.body, request) };
  };
}

export const unchanged = <T>(value: T): T => value;
