import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scenario } from '../cli/tour/scenario.ts';
import { startTourWorld, type TourWorld } from '../cli/tour/world.ts';

const troubles: string[] = [];
let world: TourWorld;

beforeAll(async () => {
  world = await startTourWorld((line) => troubles.push(line));
});
afterAll(() => world[Symbol.asyncDispose]());

describe('The tour', () => {
  it.each(scenario)('shows what becomes of "$title", and each proof holds', async ({ happens }) => {
    const proofs = await happens(world);
    expect(proofs.length).toBeGreaterThan(1);
    expect(proofs.filter(({ holds }) => !holds)).toEqual([]);
  });

  it('meets no defect', () => {
    expect(troubles).toEqual([]);
  });
});
