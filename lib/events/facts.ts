import { isObject, type JsonObject } from '../json.ts';
import { shortened } from '../text.ts';
import { connectionSchema, DEFAULT_CONNECTION, identifierSchema, optionalAttributes } from './attributes.ts';
import { dataOf } from './data.ts';

/** What can be told of an event whether or not it is a valid request; what is invalid or left out counts as unknown. */
export interface Facts {
  readonly id: string | undefined;
  readonly source: string | undefined;
  readonly subject: string | undefined;
  readonly correlationid: string | undefined;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** As the event names it, whether or not there is one. */
  readonly provider: string | undefined;
  readonly connection: string | undefined;
}

export function factsOf(event: JsonObject = {}): Facts {
  const { subject, correlationid, traceparent, tracestate } = optionalAttributes;
  return {
    id: identifierSchema.safeParse(event.id).data,
    source: identifierSchema.safeParse(event.source).data,
    subject: stated(subject, event.subject),
    correlationid: stated(correlationid, event.correlationid),
    traceparent: stated(traceparent, event.traceparent),
    tracestate: stated(tracestate, event.tracestate),
    ...targetOf(dataOf(event).data),
  };
}

/** Most events leave most attributes out. */
function stated(schema: typeof optionalAttributes.subject, value: unknown): string | undefined {
  return value === undefined ? undefined : schema.safeParse(value).data;
}

function targetOf(data: unknown): Pick<Facts, 'provider' | 'connection'> {
  if (!isObject(data) || typeof data.provider !== 'string')
    return { provider: undefined, connection: undefined };
  const { provider, connection } = data;
  return {
    provider: shortened(provider, 255),
    connection: connectionSchema.safeParse(connection ?? DEFAULT_CONNECTION).data,
  };
}
