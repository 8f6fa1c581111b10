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
  const takenKeys = new Set<string>();
  const takenEmails = new Set<string>();
  const visibleByKey = new Map<string, StoredUser>();

  function show(user: StoredUser): void {
    visibleUsers.push(user);
    if (!visibleByKey.has(user.key)) visibleByKey.set(user.key, user);
  }

  return {
    add(user: User, visible = true): User {
      const stored = describe(user);
      allUsers.push(stored);
      takenKeys.add(stored.key);
      takenEmails.add(stored.email.toLowerCase());
      if (visible) show(stored);
      return stored.fields;
    },
    /** Which of the two another user holds already; e-mails are compared without regard to case. */
    taken(key: string, email: string): 'key' | 'email' | undefined {
      if (takenKeys.has(key)) return 'key';
      return takenEmails.has(email.toLowerCase()) ? 'email' : undefined;
    },
    find: (key: string): StoredUser | undefined => visibleByKey.get(key),
    listed: (): readonly StoredUser[] => visibleUsers,
    all: (): readonly User[] => allUsers.map((user) => user.fields),
  };
}

export function sameEmail(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
