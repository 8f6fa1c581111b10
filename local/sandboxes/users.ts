import { domainToASCII } from 'node:url';

/** A user under the provider's own field names. */
export type User = Readonly<Record<string, unknown>>;

/** A user as the account keeps it: `fields` is what the provider shows. */
export interface StoredUser {
  readonly key: string;
  readonly email: string;
  fields: User;
}

export interface UsersOptions {
  /** How many milliseconds it takes until a new user is shown, asked for each; 0 by default. */
  lagMs?: () => number;
}

export type Users = ReturnType<typeof createUsers>;

/**
 * The users of one account; `describe` turns a new user's fields into what is kept. A key and an e-mail are taken at
 * once, also while no look-up shows the user yet.
 */
export function createUsers(describe: (user: User) => StoredUser, { lagMs = () => 0 }: UsersOptions = {}) {
  const all: StoredUser[] = [];
  const takenKeys = new Set<string>();
  const takenEmails = new Set<string>();
  const shown: StoredUser[] = [];
  const shownByKey = new Map<string, StoredUser>();
  const shownByEmail = new Map<string, StoredUser[]>();
  let shownInOrder: readonly StoredUser[] | undefined;
  let hidden: { readonly user: StoredUser; readonly until: number }[] = [];

  function show(user: StoredUser): void {
    const email = canonicalEmail(user.email);
    shown.push(user);
    shownInOrder = undefined;
    if (!shownByKey.has(user.key)) shownByKey.set(user.key, user);
    shownByEmail.set(email, [...(shownByEmail.get(email) ?? []), user]);
  }

  function reveal(isDue: (until: number) => boolean = () => true): void {
    const due = hidden.filter(({ until }) => isDue(until));
    if (due.length === 0) return;
    hidden = hidden.filter(({ until }) => !isDue(until));
    for (const { user } of due) show(user);
  }

  function looked(): void {
    const now = Date.now();
    reveal((until) => until <= now);
  }

  return {
    /** Gives the user as it will be shown, which is after so many milliseconds; `Infinity`: not before `reveal`. */
    add(user: User, shownAfterMs = lagMs()): User {
      const stored = describe(user);
      all.push(stored);
      takenKeys.add(stored.key);
      takenEmails.add(canonicalEmail(stored.email));
      if (shownAfterMs > 0) hidden.push({ user: stored, until: Date.now() + shownAfterMs });
      else show(stored);
      return stored.fields;
    },
    /** Shows everybody from now on who is hidden. */
    reveal: (): void => reveal(),
    /** Which of the two another user holds already. */
    taken(key: string, email: string): 'key' | 'email' | undefined {
      if (takenKeys.has(key)) return 'key';
      return takenEmails.has(canonicalEmail(email)) ? 'email' : undefined;
    },
    find(key: string): StoredUser | undefined {
      looked();
      return shownByKey.get(key);
    },
    /** Who has the e-mail, in the order of appearance. */
    withEmail(email: string): readonly StoredUser[] {
      looked();
      return shownByEmail.get(canonicalEmail(email)) ?? [];
    },
    /** In the order of appearance. */
    listed(): readonly StoredUser[] {
      looked();
      return shown;
    },
    listedByKey(): readonly StoredUser[] {
      looked();
      shownInOrder ??= shown.toSorted(byKey);
      return shownInOrder;
    },
    all: (): readonly User[] => all.map((user) => user.fields),
  };
}

export function byKey(one: StoredUser, other: StoredUser): number {
  return one.key < other.key ? -1 : 1;
}

/** The same text for e-mails that are the same: in NFC, A to Z in lower case, the domain in ASCII (UTS #46). */
export function canonicalEmail(email: string): string {
  return withAsciiDomain(email.normalize('NFC')).replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function sameEmail(one: string, other: string): boolean {
  return canonicalEmail(one) === canonicalEmail(other);
}

/** The e-mail as a provider keeps it: `ada@bücher.example` as `ada@xn--bcher-kva.example`, one in ASCII as it is. */
export function withAsciiDomain(email: string): string {
  const domainAt = email.lastIndexOf('@') + 1;
  const domain = email.slice(domainAt);
  const ascii = isAscii(domain) ? domain : domainToASCII(domain);
  return email.slice(0, domainAt) + (ascii || domain);
}

function isAscii(text: string): boolean {
  return !/[^\p{ASCII}]/u.test(text);
}
