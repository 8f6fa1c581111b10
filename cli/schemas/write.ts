import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { schemaFiles } from './schemas.ts';
import { clientTypes } from './types.ts';

const folder = new URL('../../schemas/', import.meta.url);

await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) if (name.endsWith('.json')) await rm(new URL(name, folder));
for (const [name, schema] of schemaFiles())
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
await writeFile(new URL('../../client/events.ts', import.meta.url), clientTypes());
