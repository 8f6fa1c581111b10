import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

/** A JSON Schema, of 2020-12. */
export type Schema = z.core.JSONSchema.BaseSchema;

export interface Options {
  /** What a path inside the schema may be besides, to count as left out; by default null. */
  readonly leftOut?: (path: readonly PropertyKey[]) => readonly Schema[];
}

const NULL: Schema = { type: 'null' };

/** The JSON Schema of what a schema takes: its rules with the `params` that say them, and the ways to leave a member out. */
export function toSchema(schema: z.core.$ZodType, { leftOut = () => [NULL] }: Options = {}): Schema {
  const { $schema, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema, path }) {
      addRules(zodSchema, jsonSchema);
      if (canBeLeftOut(zodSchema)) offer(jsonSchema, leftOut(path));
    },
  });
  return json;
}

/** A rule whose keyword is there already stands in `allOf`. */
function addRules(schema: z.core.$ZodType, json: Schema): void {
  for (const rule of (schema._zod.def.checks ?? []).flatMap((check) => paramsOf(check._zod.def))) {
    const isSaid =
      isDeepStrictEqual({ ...json, ...rule }, json) ||
      json.allOf?.some((known) => isDeepStrictEqual(known, rule));
    if (isSaid) continue;
    if (Object.keys(rule).some((keyword) => keyword in json)) json.allOf = [...(json.allOf ?? []), rule];
    else Object.assign(json, rule);
  }
}

function paramsOf(def: object): Schema[] {
  return 'params' in def && def.params ? [def.params as Schema] : [];
}

/** `optional` and `withDefault` of lib/schema.ts: a transform that decides, and then the schema itself. */
function canBeLeftOut({ _zod: { def } }: z.core.$ZodType): boolean {
  if (def.type !== 'pipe') return false;
  const { in: first, out } = def as z.core.$ZodPipeDef;
  return first._zod.def.type === 'transform' && ['optional', 'default'].includes(out._zod.def.type);
}

function offer(json: Schema, others: readonly Schema[]): void {
  const { default: fallback, ...own } = json;
  for (const name of Object.keys(json)) delete json[name];
  Object.assign(json, { anyOf: [own, ...others], ...(fallback !== undefined && { default: fallback }) });
}
