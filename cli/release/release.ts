import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { RELEASE_STAGE } from '../../deployment/placeholders.ts';
import { functionNames } from '../../deployment/template/names.ts';
import own from '../../package.json' with { type: 'json' };
import { build } from '../build/bundle.ts';
import { runOsls } from '../deployment/osls.ts';
import { amount } from '../terminal/text.ts';
import { billOfMaterials } from './sbom.ts';
import { releaseTemplate } from './template.ts';

const folder = fileURLToPath(new URL('../../release', import.meta.url));

const more = `
release/ then holds the two zips, usher.template.json with parameters for what may
differ between accounts, checksums, and a bill of materials (CycloneDX). Needs no
network, and gives the same bytes each time. examples/deploy shows how to use it.

Example:
  npm run release`;

await new Command('npm run release')
  .description('Makes what can be deployed without this repository.')
  .addHelpText('after', more)
  .showHelpAfterError('What there is to know: npm run release -- --help')
  .action(release)
  .parseAsync();

async function release(): Promise<void> {
  const bundles = await build();
  const work = await mkdtemp(join(tmpdir(), 'usher-release-'));
  try {
    await runOsls(['package'], { stage: RELEASE_STAGE }, ['--package', work]);
    const files = await filesOf(
      work,
      [...new Set(bundles.flatMap(({ packageFolders }) => packageFolders))].sort(),
    );
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const lines = files.map(([name, content]) => `  release/${name}  ${amount(content.byteLength)} bytes`);
    process.stdout.write(`\n${lines.join('\n')}\n`);
  } finally {
    await rm(work, { recursive: true });
  }
}

async function filesOf(
  work: string,
  packageFolders: readonly string[],
): Promise<[name: string, content: Buffer][]> {
  const { version } = own;
  const packaged = await Promise.all(
    functionNames.map(async (name) => [name, await readFile(join(work, `${name}.zip`))] as const),
  );
  // CloudFormation sees new code by a new name alone.
  const zips = packaged.map(
    ([name, content]) =>
      [name, `usher-${version}-${sha256(content).slice(0, 12)}-${name}.zip`, content] as const,
  );
  const template = releaseTemplate({
    template: JSON.parse(await readFile(join(work, 'cloudformation-template-update-stack.json'), 'utf8')),
    version,
    zips: Object.fromEntries(zips.map(([name, file]) => [name, file])),
  });
  const files: [string, Buffer][] = [
    ...zips.map(([, file, content]): [string, Buffer] => [file, content]),
    ['usher.template.json', Buffer.from(`${JSON.stringify(template)}\n`)],
    [
      'usher.sbom.cdx.json',
      Buffer.from(`${JSON.stringify(await billOfMaterials(version, packageFolders), null, 2)}\n`),
    ],
  ];
  const sums = files.map(([name, content]) => `${sha256(content)}  ${name}\n`);
  return [...files, ['SHA256SUMS', Buffer.from(sums.join(''))]];
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
