/** Counts by group and kind; a kind that never happened counts 0. */
export type Tally = Readonly<Record<string, Readonly<Record<string, number>>>>;

export function createTally() {
  const groups = new Map<string, Map<string, number>>();

  function groupOf(name: string): Map<string, number> {
    const group = groups.get(name) ?? new Map<string, number>();
    groups.set(name, group);
    return group;
  }

  return {
    /** Makes known what may happen. */
    expect(group: string, kinds: readonly string[]): void {
      for (const kind of kinds) groupOf(group).set(kind, 0);
    },
    count(group: string, kind: string): void {
      groupOf(group).set(kind, (groupOf(group).get(kind) ?? 0) + 1);
    },
    total: (): number =>
      [...groups.values()].flatMap((group) => [...group.values()]).reduce((sum, count) => sum + count, 0),
    tally: (): Tally =>
      Object.fromEntries([...groups].map(([name, group]) => [name, Object.fromEntries(group)])),
  };
}
