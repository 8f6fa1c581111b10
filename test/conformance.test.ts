import { describe, expect, test } from 'vitest';
import { providers } from '../lib/providers/index.ts';
import { vectara } from '../lib/providers/vectara.ts';
import type { StartSandbox } from '../local/sandboxes/sandbox.ts';
import { startVectara } from '../local/sandboxes/vectara.ts';
import { credentials } from './conformance/credentials.ts';
import { subjectOf, thirdSubject } from './conformance/fixtures.ts';
import { conforms } from './conformance.ts';

for (const provider of providers) conforms(subjectOf(provider));
conforms(thirdSubject);

describe('The provider vectara when its API key is refused', () => {
  const startSandbox: StartSandbox = (options) => startVectara({ ...options, useApiKey: true });
  credentials({ ...subjectOf(vectara), startSandbox, usesTokens: false });
});

test('A provider without a sandbox fails the suite', () => {
  expect(() => subjectOf(thirdSubject.provider)).toThrow('There is no sandbox for papyrus');
});
