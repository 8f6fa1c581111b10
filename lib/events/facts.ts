import { isObject, type JsonObject } from '../json.ts';
import { shortened } from '../text.ts';
import { connectionSchema, DEFAULT_CONNECTION, identifierSchema, subjectSchema } from './attributes.ts';

/** What can be told of an event whether or not it is a valid request; what is invalid counts as unknown. */
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
  return {
    id: identifierSchema.safeParse(event.id).data,
    source: identifierSchema.safeParse(event.source).data,
    subject: subjectSchema.safeParse(event.subject).data,
    correlationid: textOf(event.correlationid),
    traceparent: textOf(event.traceparent),
    tracestate: textOf(event.tracestate),
    ...targetOf(event.data),
  };
}

function targetOf(data: unknown): Pick<Facts, 'provider' | 'connection'> {
  if (!isObject(data) || typeof data.provider !== 'string')
    return { provider: undefined, connection: undefined };
  const { provider, connection = DEFAULT_CONNECTION } = data;
  return {
    provider: shortened(String(provider), 255),
    connection: connectionSchema.safeParse(connection).data,
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
