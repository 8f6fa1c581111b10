import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { build as buildUsher, forLambda } from '../cli/build/bundle.ts';
import own from '../package.json' with { type: 'json' };
import { contestants } from './contestants.ts';
import peers from './package.json' with { type: 'json' };

/** Bundles Usher as it ships, and its peers and the process that runs them with the same settings. */
export async function bundleAll(): Promise<void> {
  refuseOtherVersions(peers.devDependencies, own.dependencies);
  await buildUsher();
  const others = contestants.filter(({ kind }) => kind !== 'usher').map(({ name }) => name);
  await build({
    ...forLambda,
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    entryPoints: [
      ...others.map((name) => ({ in: `contestants/${name}.ts`, out: name })),
      { in: 'worker.ts', out: 'worker' },
    ],
    outdir: 'dist',
    // Some of their CommonJS calls require(), which an ES module does not have.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  });
}

type Versions = Readonly<Record<string, string>>;

/** It would not be fair if peers had another SDK or another zod than Usher. */
function refuseOtherVersions(theirs: Versions, ours: Versions): void {
  const differing = Object.entries(ours).filter(
    ([name, version]) => theirs[name] && theirs[name] !== version,
  );
  if (differing.length === 0) return;
  const wanted = differing.map(([name, version]) => `${name}@${version}`).join(' ');
  throw new Error(
    `Peers have other versions than Usher. Run: npm install --save-dev --prefix bench ${wanted}`,
  );
}
