import type { Connection } from '../connections/connection.ts';
import type { Fields, FoundUser, Provider } from '../providers/provider.ts';
import { asFailure, FAILURES, Failure } from '../records/failure.ts';
import type { Durations } from '../telemetry/durations.ts';
import { sameIdentity } from './compare.ts';

export interface FindUserOptions {
  readonly provider: Provider;
  readonly user: Fields;
  readonly connection: Connection;
  /** In the milliseconds of `clock.monotonic()`. */
  readonly deadline: number;
  /** What the calls take is added to it. */
  readonly durations: Durations;
}

/**
 * What a look-up showed: the user under the request's key; another one, or several, who hold its e-mail; nobody;
 * or nothing for certain.
 */
export type Finding =
  | { readonly found: 'user'; readonly user: FoundUser }
  | { readonly found: 'others'; readonly user: FoundUser }
  | { readonly found: 'nobody' }
  | { readonly found: 'unclear' };

const MAX_PAGES = 100;

/** Looks for a request's user by key, else by e-mail. Fails like a call where the provider cannot be asked now. */
export async function findUser(options: FindUserOptions): Promise<Finding> {
  try {
    const user = await findByKey(options);
    return user ? { found: 'user', user } : await findByEmail(options);
  } catch (error) {
    if (isRefusal(error)) return { found: 'unclear' };
    throw error;
  }
}

/** The user under the request's key, if there is one. */
export async function findByKey({ provider, user, connection, deadline, durations }: FindUserOptions) {
  try {
    const path = provider.findByKey(user);
    return await connection.call({ method: 'GET', path, read: provider.readUser, deadline, durations });
  } catch (error) {
    const { code, told } = asFailure(error);
    if (code === 'provider_rejected' && told.httpStatus === 404) return undefined;
    throw error;
  }
}

async function findByEmail(options: FindUserOptions): Promise<Finding> {
  if (options.user.email === undefined) return { found: 'nobody' };
  const lists = options.provider.listByEmail(options.user);
  for (const list of lists) {
    try {
      return await searchList(list, options);
    } catch (error) {
      if (!isRefusal(error) || list === lists.at(-1)) throw error;
    }
  }
  return { found: 'nobody' };
}

async function searchList(list: string, options: FindUserOptions): Promise<Finding> {
  const { provider, user, connection, deadline, durations } = options;
  const users: (FoundUser | undefined)[] = [];
  let path = list;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await connection.call({ method: 'GET', path, read: provider.readPage, deadline, durations });
    users.push(
      ...page.users.filter((one) => one === undefined || sameIdentity(one.fields.email, user.email)),
    );
    if (page.next === undefined) return findingOf(users, options);
    path = `${list}&${provider.pageParameter}=${encodeURIComponent(page.next)}`;
  }
  return { found: 'unclear' };
}

/** What the holders of the e-mail, and users that cannot be understood, come to. */
function findingOf(users: readonly (FoundUser | undefined)[], { provider, user }: FindUserOptions): Finding {
  const { keyField } = provider;
  const holders = users.filter((one) => one !== undefined);
  const [other] = holders;
  const own = holders.find(({ fields }) => sameIdentity(fields[keyField], user[keyField]));
  if (own) return { found: 'user', user: own };
  if (other) return { found: 'others', user: other };
  return { found: users.length === 0 ? 'nobody' : 'unclear' };
}

/** The provider has answered and will not answer otherwise: it does not show whether the user exists. */
function isRefusal(error: unknown): boolean {
  return error instanceof Failure && FAILURES[error.code] === 'never';
}
