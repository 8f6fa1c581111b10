import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { schemaFiles } from '../cli/schemas/schemas.ts';

let compiled: ReadonlyMap<string, ValidateFunction> | undefined;

/** Judges a value by a published schema, by the name of its file, as a stranger would: with ajv. */
export function judgePublished(name: string, value: unknown): readonly string[] {
  compiled ??= compile();
  const validate = compiled.get(name);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The outcome as it is; throws where it is not as published. */
export function asPublished<T extends { readonly type: string }>(outcome: T): T {
  const problems = judgePublished(`${outcome.type}.json`, outcome);
  if (problems.length > 0) throw new Error(`${outcome.type} is not as published: ${problems.join('; ')}`);
  return outcome;
}

function compile(): ReadonlyMap<string, ValidateFunction> {
  const ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    validateFormats: false,
  });
  return new Map([...schemaFiles()].map(([name, schema]) => [name, ajv.compile(schema)]));
}
