import { isObject, type JsonObject } from '../../lib/json.ts';
import { type Answer, refusal } from './service.ts';

/** What goes wrong with one call. */
export type Fault =
  /** It is refused and does nothing; 5xx and throttling names are retried by the SDK. */
  | { readonly kind: 'error'; readonly name: string; readonly status?: number }
  /** The connection is cut without an answer, before or after the call was carried out. */
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  /** These entries of a batch are not carried out and stand in its `Failed[]`. */
  | { readonly kind: 'fail-entries'; readonly ids: readonly string[] };

type Call = (body: JsonObject) => Promise<Answer>;

/** Carries a call out as the fault, if any, lets it. */
export async function carryOut(
  call: Call,
  body: JsonObject,
  fault: Fault | undefined,
): Promise<Answer | 'dropped'> {
  if (fault === undefined) return call(body);
  if (fault.kind === 'error') return refusal(fault.name, 'an injected fault', fault.status);
  if (fault.kind === 'fail-entries') return failEntries(call, body, fault.ids);
  if (fault.when === 'after') await call(body);
  return 'dropped';
}

async function failEntries(call: Call, body: JsonObject, ids: readonly string[]): Promise<Answer> {
  const entries = Array.isArray(body.Entries) ? body.Entries.filter(isObject) : [];
  const isFailed = (entry: JsonObject) => ids.includes(String(entry.Id));
  const failed = entries.filter(isFailed).map(({ Id }) => ({
    Id,
    SenderFault: false,
    Code: 'InternalError',
    Message: 'an injected fault',
  }));
  const rest = entries.filter((entry) => !isFailed(entry));
  const answer = rest.length > 0 ? await call({ ...body, Entries: rest }) : { status: 200, body: {} };
  if (!isObject(answer.body) || answer.status !== 200) return answer;
  const alreadyFailed = Array.isArray(answer.body.Failed) ? answer.body.Failed : [];
  return { status: 200, body: { ...answer.body, Failed: [...alreadyFailed, ...failed] } };
}
