import { completedSchema, deadLetteredSchema } from '../../lib/events/outcome-schemas.ts';
import { requestSchema } from '../../lib/events/request.ts';
import { providers } from '../../lib/providers/index.ts';
import { describe } from './descriptions.ts';
import { type Schema, toSchema } from './json-schema.ts';

const HEAD = '// Made by `npm run schemas` from the schemas that validate. Do not edit.\n';

/** TypeScript for the package in client/: what a provider's `data.user` may have, and both outcomes. */
export function clientTypes(): string {
  const users = providers.map(({ name, schemas }) => {
    const data = toSchema(requestSchema(schemas().user)).properties?.data as Schema;
    const fields = describe.user(name, data.properties?.user as Schema);
    return declaration(`${capitalized(name)}User`, `\`data.user\` for ${name}.`, fields);
  });
  const byName = providers.map(({ name }) => `  readonly ${name}: ${capitalized(name)}User;`);
  return [
    HEAD,
    ...users,
    ['/** `data.user` by the provider. */', 'export interface ProviderUsers {', ...byName, '}', ''].join(
      '\n',
    ),
    declaration('CompletedEvent', 'The answer to a request whose user exists.', toSchema(completedSchema)),
    declaration(
      'DeadLetteredEvent',
      'The answer to a request that ended without its user.',
      toSchema(deadLetteredSchema),
    ),
  ].join('\n');
}

function declaration(name: string, comment: string, schema: Schema): string {
  return `/** ${comment} */\nexport interface ${name} ${typeOf(schema)}\n`;
}

const capitalized = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** Null only says that a member is left out, which TypeScript says by a question mark. */
function typeOf(schema: Schema, indent = ''): string {
  const { type, const: only, enum: values, anyOf, items, properties } = schema;
  if (only !== undefined) return quoted(only);
  if (values) return values.map(quoted).join(' | ');
  if (anyOf) {
    const stated = anyOf
      .map((member) => member as Schema)
      .filter((member) => member.type !== 'null' && member.const !== '');
    return [...new Set(stated.map((member) => typeOf(member, indent)))].join(' | ');
  }
  if (type === 'array') return `readonly ${grouped(typeOf(items as Schema, indent))}[]`;
  if (type === 'object') return properties ? objectOf(schema, indent) : 'Readonly<Record<string, unknown>>';
  const [named = 'unknown'] = [type ?? []].flat().filter((each) => each !== 'null');
  return named === 'integer' ? 'number' : named;
}

function objectOf(schema: Schema, indent: string): string {
  const { properties = {}, required = [], additionalProperties, patternProperties = {} } = schema;
  const members = Object.entries(properties);
  if (members.length === 0 && additionalProperties !== false) return 'Readonly<Record<string, unknown>>';
  const inner = `${indent}  `;
  const lines = members.flatMap(([name, member]) => {
    const schema = member as Schema;
    const comment = schema.description ? [`${inner}/** ${schema.description} */`] : [];
    const mark = required.includes(name) ? '' : '?';
    const key = /^\w+$/.test(name) ? name : quoted(name);
    return [...comment, `${inner}readonly ${key}${mark}: ${typeOf(schema, inner)};`];
  });
  const open = Object.keys(patternProperties).map((pattern) => {
    const beginning = pattern.replace(/^\^/, '');
    return `${inner}readonly [name: \`${beginning}\${string}\`]: unknown;`;
  });
  return ['{', ...lines, ...open, `${indent}}`].join('\n');
}

const quoted = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value));
const grouped = (type: string) => (type.includes(' | ') ? `(${type})` : type);
