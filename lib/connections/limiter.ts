/** Lets a bounded number of tasks run at a time, the others in the order of their arrival. */
export type Limiter = <T>(task: () => Promise<T>) => Promise<T>;

export function createLimiter(places: number): Limiter {
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
