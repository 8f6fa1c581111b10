import type { Connection } from '../connections/connection.ts';
import type { Fields, FoundUser, Page, Provider } from '../providers/provider.ts';
import { asFailure, FAILURES, type Failure } from '../records/failure.ts';
import type { Durations } from '../telemetry/durations.ts';
import { sameIdentity } from './compare.ts';

/** Whom a request is about, and by when and where to ask for them. */
export interface FindUserOptions {
  readonly provider: Provider;
  readonly user: Fields;
  readonly connection: Connection;
  /** In the milliseconds of `clock.monotonic()`. */
  readonly deadline: number;
  /** What the calls take is added to it. */
  readonly durations: Durations;
}

/** What a look-up has shown: the user, nobody, nothing either way, or a failure to ask. */
export type Look =
  | { readonly found: 'user'; readonly user: FoundUser }
  | { readonly found: 'nobody' }
  | { readonly found: 'unclear' }
  | { readonly found: 'failed'; readonly failure: Failure };

/** What a search by e-mail has shown: as a look-up, or somebody else who holds the e-mail. */
export type Search = Look | { readonly found: 'other'; readonly user: FoundUser };

const MAX_PAGES = 100;

/** Looks for the user under the request's key. A look-up refuses nobody: whatever it is answered, it is asked again. */
export async function findByKey(options: FindUserOptions): Promise<Look> {
  const { provider, user, connection, deadline, durations } = options;
  try {
    const path = provider.findByKey(user);
    const read = readerOfOwn(options);
    return {
      found: 'user',
      user: await connection.call({ method: 'GET', path, read, deadline, durations }),
    };
  } catch (error) {
    const failure = asFailure(error);
    const { code, told } = failure;
    if (code === 'provider_not_found' && told.httpStatus !== 405) return { found: 'nobody' };
    if (isKeptBack(failure)) return { found: 'unclear' };
    const isRefused = code === 'provider_not_found' || FAILURES[code] === 'never';
    return { found: 'failed', failure: isRefused ? failure.as('provider_unavailable') : failure };
  }
}

/** The provider does not say who is there: a 403 to a look-up refuses neither the credentials nor the request. */
function isKeptBack({ asks, told }: Failure): boolean {
  return asks.ownRefusal === true && told.httpStatus === 403;
}

/** Reads an answer that can only be about the request's user: somebody else in it is not understood. */
export function readerOfOwn({ provider, user }: Pick<FindUserOptions, 'provider' | 'user'>) {
  const { keyField } = provider;
  return (body: unknown): FoundUser | undefined => {
    const shown = provider.readUser(body);
    const key = shown?.fields[keyField];
    return key === undefined || sameIdentity(key, user[keyField]) ? shown : undefined;
  };
}

/** Looks through the provider's lists for whoever holds the request's e-mail. */
export async function findByEmail(options: FindUserOptions): Promise<Search> {
  const { provider, user } = options;
  if (user.email === undefined) return { found: 'nobody' };
  let search: Search = { found: 'unclear' };
  for (const list of provider.listByEmail(user)) {
    try {
      search = await searchList(list, options);
      if (search.found !== 'nobody') return search;
    } catch (error) {
      const failure = asFailure(error);
      const isRefused = isKeptBack(failure) || FAILURES[failure.code] === 'never';
      if (!isRefused) return { found: 'failed', failure };
    }
  }
  return search;
}

async function searchList(list: string, options: FindUserOptions): Promise<Search> {
  const { provider, connection, deadline, durations } = options;
  let search: Search = { found: 'nobody' };
  let path = list;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await connection.call({ method: 'GET', path, read: provider.readPage, deadline, durations });
    search = searchPage(page, options, search);
    if (search.found === 'user' || page.next === undefined) return search;
    path = `${list}&${provider.pageParameter}=${encodeURIComponent(page.next)}`;
  }
  return search.found === 'other' ? search : { found: 'unclear' };
}

/** What a page shows beyond `before`: ours goes before somebody else, who goes before one who cannot be told apart. */
function searchPage({ users }: Page, { provider, user }: FindUserOptions, before: Search): Search {
  const { keyField } = provider;
  const holders = users.filter((one) => one !== undefined && sameIdentity(one.fields.email, user.email));
  const own = holders.find((one) => sameIdentity(one?.fields[keyField], user[keyField]));
  if (own) return { found: 'user', user: own };
  const other = holders.find((one) => one?.fields[keyField] !== undefined);
  if (other) return { found: 'other', user: other };
  const isUnclear = holders.length > 0 || users.includes(undefined);
  return before.found === 'nobody' && isUnclear ? { found: 'unclear' } : before;
}
