import { readFileSync } from 'node:fs';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';

const file = new URL('../../examples/requests.jsonl', import.meta.url);

/** A request that a provider would get as it stands: the first one for it that `npm start` sends. */
export function exampleRequest(provider: string): JsonObject {
  const requests = readFileSync(file, 'utf8').split('\n').map(parseJson).filter(isObject);
  const example = requests.find(({ data }) => isObject(data) && data.provider === provider);
  if (example === undefined) throw new Error(`examples/requests.jsonl has no request for ${provider}`);
  return example;
}
