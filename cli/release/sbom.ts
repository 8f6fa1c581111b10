import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string() });
const lock = z.object({
  packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })),
});

/** What is in the zips, as CycloneDX 1.6; the same text for the same packages. */
export async function billOfMaterials(version: string, folders: readonly string[]): Promise<object> {
  const { packages } = lock.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const components = await Promise.all(
    folders.map(async (folder) => {
      const text = await readFile(join(root, folder, 'package.json'), 'utf8');
      return component(manifest.parse(JSON.parse(text)), packages[folder]?.integrity);
    }),
  );
  const own = { type: 'application', name: 'usher', version, 'bom-ref': `pkg:npm/usher@${version}` };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { ...own, licenses: [{ license: { id: 'MIT' } }] } },
    components,
    dependencies: [{ ref: own['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) }],
  };
}

function component({ name, version, license }: z.infer<typeof manifest>, integrity = '') {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const content = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex');
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    licenses: [{ license: { id: license } }],
    // Of the package as npm has it.
    ...(integrity.startsWith('sha512-') && { hashes: [{ alg: 'SHA-512', content }] }),
  };
}
