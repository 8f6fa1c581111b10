/** Keeps what was used last, and forgets what was used longest ago when there is more than `most` of it. */
export interface Recent<Value> {
  /** What is kept under the key, made where there is nothing. */
  get(key: string, make: () => Value): Value;
}

export function createRecent<Value>(most: number): Recent<Value> {
  const kept = new Map<string, Value>();
  return {
    get(key, make) {
      const value = kept.get(key) ?? make();
      // A Map is in the order in which its keys were set.
      kept.delete(key);
      kept.set(key, value);
      const [oldest = key] = kept.size > most ? kept.keys() : [];
      if (oldest !== key) kept.delete(oldest);
      return value;
    },
  };
}
