/** Lets a bounded number of tasks run at a time, the others in order of arrival. */
export type Gate = <T>(task: () => Promise<T>) => Promise<T>;

/** Makes the gate of one connection. */
export function createGate(places: number): Gate {
  const queue: (() => void)[] = [];
  let free = places;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = queue.shift();
      // The place goes straight to the next in line, so that nobody can slip in between.
      if (next) next();
      else free += 1;
    }
  };
}
