import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };
import { asyncApiText } from './asyncapi.ts';
import { eventsPage } from './page.ts';
import { schemaFiles } from './schemas.ts';
import { clientTypes } from './types.ts';

/** Those of a release never change: old producers and consumers go by them. */
const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const folder = new URL('../../schemas/', import.meta.url);

await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) if (name.endsWith('.json')) await rm(new URL(name, folder));
await writeInto(folder);
await writeFile(new URL('asyncapi.yaml', folder), asyncApiText());
await writeFile(new URL('../../docs/events.html', import.meta.url), eventsPage());
await writeFile(new URL('../../client/events.ts', import.meta.url), clientTypes());
if (values.keep) {
  const kept = new URL(`released/${manifest.version}/`, folder);
  // Fails where there are some of that version.
  await mkdir(new URL('released/', folder), { recursive: true });
  await mkdir(kept);
  await writeInto(kept, (name) => name.startsWith('user.'));
}

async function writeInto(place: URL, isMeant: (name: string) => boolean = () => true): Promise<void> {
  for (const [name, schema] of schemaFiles())
    if (isMeant(name)) await writeFile(new URL(name, place), `${JSON.stringify(schema, null, 2)}\n`);
}
