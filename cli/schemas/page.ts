import { asyncApi } from './asyncapi.ts';
import type { Schema } from './json-schema.ts';
import { schemaFiles } from './schemas.ts';

/** The file `docs/events.html`: queues, events and fields on one page that needs nothing else. */
export function eventsPage(): string {
  const { info, channels, operations } = asyncApi();
  const rows = Object.entries(channels).map(([name, { address, description, messages, bindings }]) => {
    const who = Object.values(operations).find(({ channel }) => channel.$ref === `#/channels/${name}`);
    const { visibilityTimeout, messageRetentionPeriod } = bindings.sqs.queue;
    const types = Object.keys(messages).map((message) => link(TYPES.get(message) ?? ''));
    return row([
      code(address),
      escaped(description),
      types.join('<br>'),
      escaped(who?.summary ?? ''),
      `hidden for ${visibilityTimeout} s, kept for ${messageRetentionPeriod / 86_400} days`,
    ]);
  });
  const events = [...schemaFiles()].filter(
    ([name]) => /^user\.|^secret\./.test(name) && name !== 'user.requested.v1.json',
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Usher ${escaped(info.version)}: events</title>
<style>${STYLE}</style>
<h1>Usher: events</h1>
<p>${escaped(info.description)} Made by <code>npm run schemas</code>, as <code>schemas/</code> is.</p>
<h2>Queues</h2>
<div class="wide"><table>${head(['Queue', 'For', 'Events', 'What Usher does', 'A message is'])}${rows.join('')}</table></div>
${events.map(([name, schema]) => section(name.replace(/\.json$/, ''), schema)).join('\n')}
</html>
`;
}

const TYPES = new Map([
  ['userRequested', 'user.requested.v1.fireworks'],
  ['userCompleted', 'user.completed.v1'],
  ['userDeadLettered', 'user.dead_lettered.v1'],
]);

function section(name: string, schema: Schema): string {
  const example = Array.isArray(schema.examples) ? schema.examples[0] : undefined;
  const shown = example === undefined ? '' : `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>`;
  const fields = fieldsOf(withCarried(schema));
  return `<h2 id="${escaped(name)}">${code(name)}</h2>
<p>${escaped(schema.title ?? '')}.</p>
<div class="wide"><table>${head(['Member', 'Is', 'Needed', 'Rule'])}${fields.join('')}</table></div>${shown}`;
}

/** A request carries its data in one of two ways; the first is told. */
function withCarried(schema: Schema): Schema {
  const carried = schema.oneOf?.[0] as Schema | undefined;
  const [first] = (schema.anyOf ?? []) as Schema[];
  const base = first ?? schema;
  return {
    ...base,
    properties: {
      ...base.properties,
      ...(carried?.properties?.data !== undefined && { data: carried.properties.data }),
    },
    required: [...(base.required ?? []), ...(carried?.required ?? [])],
  };
}

function fieldsOf({ properties = {}, required = [] }: Schema, path = ''): string[] {
  return Object.entries(properties).flatMap(([name, member]) => {
    const schema = stated(member as Schema);
    const full = path === '' ? name : `${path}.${name}`;
    const own = row([
      code(full),
      escaped(kindOf(schema)),
      required.includes(name) ? 'yes' : '',
      escaped(ruleOf(schema)),
    ]);
    const inner = schema.items ? stated(schema.items as Schema) : schema;
    return [own, ...fieldsOf(inner, schema.items ? `${full}[]` : full)];
  });
}

/** Without the ways to leave a member out. */
function stated(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  const [first] = (anyOf ?? []) as Schema[];
  return first === undefined ? schema : { ...rest, ...first };
}

function kindOf({ type, const: only, enum: values, items }: Schema): string {
  if (only !== undefined) return JSON.stringify(only);
  if (values) return values.map((value) => JSON.stringify(value)).join(' or ');
  const [named = 'anything'] = [type ?? []].flat().filter((each) => each !== 'null');
  return items ? `list of ${kindOf(stated(items as Schema))}` : named;
}

function ruleOf(schema: Schema): string {
  const all = [schema, ...((schema.allOf ?? []) as Schema[])];
  const told = all.flatMap((each) => [
    each.description,
    lengthOf(each),
    each.default === undefined ? undefined : `${JSON.stringify(each.default)} where it is left out`,
    each.maxItems === undefined ? undefined : `at most ${each.maxItems} entries`,
  ]);
  return told.filter((text) => text !== undefined).join(' ');
}

function lengthOf({ minLength, maxLength }: Schema): string | undefined {
  if (maxLength === undefined) return undefined;
  return minLength ? `${minLength} to ${maxLength} characters.` : `At most ${maxLength} characters.`;
}

const row = (cells: readonly string[]) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
const head = (titles: readonly string[]) => `<tr>${titles.map((title) => `<th>${title}</th>`).join('')}</tr>`;
const code = (text: string) => `<code>${escaped(text)}</code>`;
const link = (name: string) => `<a href="#${escaped(name)}">${code(name.replace(/\.fireworks$/, ''))}</a>`;

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-bottom: 1px solid var(--line); }
code, pre { font: .88em/1.5 ui-monospace, monospace; }
pre { background: var(--soft); padding: 1rem; border-radius: .4rem; overflow-x: auto; }
`;
