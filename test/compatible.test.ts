import { readdir, readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../lib/clock.ts';
import { createOutcomes } from '../lib/events/outcomes.ts';
import { createRequestReader } from '../lib/events/request.ts';
import { providers } from '../lib/providers/index.ts';
import { FAILURES, Failure, type FailureCode } from '../lib/records/failure.ts';
import { deliveryOf, fireworksRequest, vectaraRequest } from './deliveries.ts';

const schemas = new URL('../schemas/', import.meta.url);
const released = new URL('released/', schemas);
const versions = await readdir(released).catch(() => []);

/** What is published now, and what each release has promised. */
const promises: readonly (readonly [string, URL])[] = [
  ['the present version', schemas],
  ...versions.map((version) => [version, new URL(`${version}/`, released)] as const),
];

const readJson = async (url: URL) => JSON.parse(await readFile(url, 'utf8'));
const read = createRequestReader(providers);
const outcomes = createOutcomes({ source: 'urn:usher:test', providers, clock: systemClock });

describe.for(promises)('The promises of %s', ([, folder]) => {
  test('hold for every answer that is sent now', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const completed = ajv.compile(await readJson(new URL('user.completed.v1.json', folder)));
    const deadLettered = ajv.compile(await readJson(new URL('user.dead_lettered.v1.json', folder)));
    for (const request of [fireworksRequest(), vectaraRequest()]) {
      const delivery = deliveryOf(request);
      const user = { id: 'usr_1', username: 'ada', state: 'READY', createdAt: '2026-01-31T09:30:00Z' };
      const { body } = outcomes.completed(delivery, read(delivery), {
        result: 'existing',
        user,
        differences: ['description'],
      });
      expect(completed(JSON.parse(body)), JSON.stringify(completed.errors)).toBe(true);
    }
    for (const code of Object.keys(FAILURES) as FailureCode[]) {
      const told = {
        httpStatus: 409,
        providerCode: 'X',
        issues: [{ path: 'data', message: 'no' }],
        differences: ['role'],
      };
      const failure = new Failure(code, 'no', { told });
      const letter = { failure, exhausted: true, remote: 'unknown' } as const;
      const { body } = outcomes.deadLettered(deliveryOf(fireworksRequest()), letter);
      expect(deadLettered(JSON.parse(body)), `${code}: ${JSON.stringify(deadLettered.errors)}`).toBe(true);
    }
  });

  test('hold for every request that producers have been told to send', async () => {
    const names = (await readdir(folder)).filter((name) => name.startsWith('user.requested'));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      for (const example of (await readJson(new URL(name, folder))).examples)
        expect(() => read(deliveryOf(example))).not.toThrow();
    }
  });
});
