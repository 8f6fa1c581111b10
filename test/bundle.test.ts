import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, build } from '../cli/build/bundle.ts';

const KIB = 1024;

/** Each cold start loads all of it: whoever adds a package here says in the commit what that costs (`npm run bench`). */
const PACKAGES = [
  '@aws-sdk/client-secrets-manager',
  '@aws-sdk/client-sqs',
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws-sdk/middleware-sdk-sqs',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
  'zod',
];

describe('The bundle', () => {
  let bundles: Bundle[] = [];
  beforeAll(async () => {
    bundles = await build();
  });

  it.each([
    ['user-requested', 260],
    ['request-exhausted', 225],
  ])('of %s stays within %i KiB', (name, budgetKib) => {
    const { bytes = Number.NaN } = bundles.find((bundle) => bundle.name === name) ?? {};
    const kib = Math.ceil(bytes / KIB);
    const advice = `${name} has ${kib} KiB. Did an import bring much along? esbuild --analyze tells what.`;
    expect(kib, advice).toBeLessThanOrEqual(budgetKib);
  });

  it.each(['user-requested', 'request-exhausted'])(
    'of %s looks for no file of configuration',
    async (name) => {
      const text = await readFile(new URL(`../dist/${name}/index.mjs`, import.meta.url), 'utf8');
      expect(text.includes('node:fs/promises')).toBe(false);
      expect(text.includes('AWS_SHARED_CREDENTIALS_FILE')).toBe(false);
    },
  );

  it('holds the packages that it needs and no other', () => {
    const [userRequested, requestExhausted] = bundles;
    expect(userRequested?.packages).toEqual(PACKAGES);
    expect(requestExhausted?.packages.filter((name) => !PACKAGES.includes(name))).toEqual([]);
  });

  it('holds nothing whose licence asks for more than to be named', async () => {
    const folders = bundles.flatMap(({ packageFolders }) => packageFolders);
    const licences = await Promise.all(
      folders.map(async (folder) => {
        const text = await readFile(new URL(`../${folder}/package.json`, import.meta.url), 'utf8');
        return JSON.parse(text).license;
      }),
    );
    expect([...new Set(licences)].sort()).toEqual(['Apache-2.0', 'MIT']);
  });
});
