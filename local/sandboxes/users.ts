/** A user under the provider's own field names. */
export type User = Readonly<Record<string, unknown>>;

/** A user as the account keeps it: `fields` is what the provider shows. */
export interface StoredUser {
  readonly key: string;
  readonly email: string;
  fields: User;
}

export type Users = ReturnType<typeof createUsers>;

/** The users of one account; `describe` turns a new user's fields into what is kept. */
export function createUsers(describe: (user: User) => StoredUser) {
  const visibleUsers: StoredUser[] = [];
  const allUsers: StoredUser[] = [];
  return {
    add(user: User, visible = true): User {
      const stored = describe(user);
      allUsers.push(stored);
      if (visible) visibleUsers.push(stored);
      return stored.fields;
    },
    /** Which of the two another user holds already; e-mails are compared without regard to case. */
    taken(key: string, email: string): 'key' | 'email' | undefined {
      if (allUsers.some((user) => user.key === key)) return 'key';
      return allUsers.some((user) => sameEmail(user.email, email)) ? 'email' : undefined;
    },
    find: (key: string): StoredUser | undefined => visibleUsers.find((user) => user.key === key),
    listed: (): readonly StoredUser[] => visibleUsers,
    all: (): readonly User[] => allUsers.map((user) => user.fields),
  };
}

export function sameEmail(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
