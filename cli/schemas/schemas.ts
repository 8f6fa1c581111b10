import * as z from 'zod';
import { completedSchema, deadLetteredSchema } from '../../lib/events/outcome-schemas.ts';
import { requestSchema } from '../../lib/events/request.ts';
import { providers } from '../../lib/providers/index.ts';
import type { Provider } from '../../lib/providers/provider.ts';
import { shapes } from '../usher/shapes.ts';
import { describe } from './descriptions.ts';
import { type Schema, toSchema } from './json-schema.ts';
import { rulesBetweenFields } from './rules.ts';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Every file of `schemas/` by its name, made of the schemas that validate. */
export function schemaFiles(): Map<string, Schema> {
  return new Map([
    ['user.requested.v1.json', request('A request for a user', providers)],
    ...providers.map((provider): [string, Schema] => [
      `user.requested.v1.${provider.name}.json`,
      request(`A request for a user at ${provider.name}`, [provider]),
    ]),
    ['user.completed.v1.json', outcome('The user exists', completedSchema)],
    ['user.dead_lettered.v1.json', outcome('The request ended without its user', deadLetteredSchema)],
    ...providers.map((provider): [string, Schema] => [`secret.${provider.name}.json`, secret(provider)]),
    ...Object.entries(shapes).map(([command, shape]): [string, Schema] => [
      `usher.${command.replaceAll(' ', '-')}.json`,
      whole(`What usher ${command} --json prints`, z.toJSONSchema(shape)),
    ]),
  ]);
}

function whole(title: string, { $schema, ...schema }: Schema): Schema {
  return { $schema: DIALECT, title, ...schema };
}

/** Null and an empty text leave an optional attribute out; of data, null alone. */
const leftOut = (path: readonly PropertyKey[]): Schema[] =>
  path.includes('data') ? [{ type: 'null' }] : [{ type: 'null' }, { const: '' }];

function request(title: string, of: readonly Provider[]): Schema {
  const [first] = of;
  if (first === undefined) throw new Error('there is no provider');
  const {
    properties = {},
    required = [],
    ...context
  } = toSchema(requestSchema(first.schemas().user), { leftOut });
  const { data, ...attributes } = properties;
  const carried = {
    required: ['data'],
    properties: { data: dataOf(of), data_base64: { type: 'null' as const } },
  };
  return whole(title, {
    ...context,
    properties: describe.attributes(attributes),
    required: required.filter((name) => name !== 'data'),
    oneOf: [carried, IN_BASE64],
    examples: of.map((provider) => describe.request(provider.name)),
  });
}

/** What the text holds, a schema cannot judge. */
const IN_BASE64: Schema = {
  required: ['data_base64'],
  properties: {
    data: { type: 'null' },
    data_base64: {
      type: 'string',
      contentEncoding: 'base64',
      contentMediaType: 'application/json',
      pattern: '^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$',
      minLength: 4,
    },
  },
};

function dataOf(of: readonly Provider[]): Schema {
  const each = of.map((provider) => {
    const whole = toSchema(requestSchema(provider.schemas().user), { leftOut });
    const data = whole.properties?.data as Schema;
    const { provider: _, user, ...others } = data.properties ?? {};
    const rules = rulesBetweenFields(provider.name);
    const described = describe.user(provider.name, {
      ...(user as Schema),
      ...(rules.length > 0 && { allOf: rules }),
    });
    return { ...data, properties: { provider: { const: provider.name }, ...others, user: described } };
  });
  return each.length === 1 ? (each[0] as Schema) : { oneOf: each };
}

/** Whoever reads answers by it takes those of later versions, too, which may have more members. */
function outcome(title: string, schema: z.core.$ZodType): Schema {
  return whole(
    title,
    JSON.parse(
      JSON.stringify(toSchema(schema), (name, value) =>
        name === 'additionalProperties' ? undefined : value,
      ),
    ),
  );
}

function secret(provider: Provider): Schema {
  return whole(`The secret of a connection to ${provider.name}`, toSchema(provider.schemas().credentials));
}
