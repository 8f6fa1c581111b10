import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const functions = ['user-requested', 'request-exhausted'];

/** Bundles each function into `dist/<function>/index.mjs`, the file that runs in Lambda. */
export async function build(): Promise<void> {
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: functions.map((name) => ({ in: `functions/${name}/index.ts`, out: `${name}/index` })),
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': './lib/aws/credentials.ts' },
    // Some of the SDK's CommonJS calls require(), which an ES module does not have.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  await Promise.all(outputFiles.map(({ path, contents }) => replaceFile(path, contents)));
}

/** A function that starts meanwhile reads the old content or the new one, never a part. */
async function replaceFile(path: string, contents: Uint8Array): Promise<void> {
  const present = await readFile(path).catch(() => undefined);
  if (present?.equals(contents)) return;
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const draft = `${folder}.${process.pid}`;
  await writeFile(draft, contents);
  await rename(draft, path);
}
