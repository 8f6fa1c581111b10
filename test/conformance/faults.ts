import type { Answer, Operation } from '../../local/sandboxes/calls.ts';
import type { Breakage } from '../../local/sandboxes/faults.ts';
import type { World } from '../world.ts';

/** What a delivery meets. */
export type Given = (world: World) => void;

/** The provider does what the next calls ask for, and answers something else. */
export function worksBut(
  operation: Operation,
  reply: Answer | Breakage | ((answer: Answer) => Answer),
  times = 1,
): Given {
  return ({ sandbox }) => sandbox.inject(operation, { applied: true, reply }, times);
}

/** The provider does nothing for the next calls, and answers that. */
export function fails(operation: Operation, reply: Answer | Breakage, times = 1): Given {
  return ({ sandbox }) => sandbox.inject(operation, { applied: false, reply }, times);
}

/** All of it, in this order. */
export function all(...givens: readonly Given[]): Given {
  return (world) => {
    for (const given of givens) given(world);
  };
}
