import type { Connection } from '../connections/connection.ts';
import type { Fields, FoundUser, Page, Provider, ProviderAnswer } from '../providers/provider.ts';
import { asFailure, FAILURES, Failure } from '../records/failure.ts';
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

/** What a look-up has shown: the user, nobody, nothing either way (and why), or a failure to ask. */
export type Look =
  | { readonly found: 'user'; readonly user: FoundUser }
  | { readonly found: 'nobody' }
  | { readonly found: 'unclear' | 'failed'; readonly failure: Failure };

/** What a search has shown: as a look-up, or somebody else who holds the e-mail. */
export type Search = Look | { readonly found: 'other'; readonly user: FoundUser };

const MAX_PAGES = 100;

/**
 * Looks for the user under the request's key. A look-up refuses nobody: whatever it is answered, it is asked again.
 * Where the provider says that it has made the user, `isClaimed`, an empty list is not believed at once.
 */
export async function findByKey(options: FindUserOptions, isClaimed = false): Promise<Look> {
  const { provider, user, connection } = options;
  try {
    const place = provider.findByKey(user, await connection.credentials(options));
    if ('path' in place) return await lookAt(place.path, options);
    const sought = { ...soughtBy(options), email: undefined };
    const search = await searchLists(place.lists, sought, options, isClaimed);
    return search.found === 'other' ? { found: 'nobody' } : search;
  } catch (error) {
    return { found: 'failed', failure: asFailure(error) };
  }
}

async function lookAt(path: string, options: FindUserOptions): Promise<Look> {
  const { connection, deadline, durations } = options;
  const read = readerOfOwn(options);
  try {
    const user = await connection.call({ method: 'GET', path, read, deadline, durations });
    return { found: 'user', user };
  } catch (error) {
    const failure = asFailure(error);
    const { code, told } = failure;
    if (code === 'provider_not_found' && told.httpStatus !== 405) return { found: 'nobody' };
    if (isKeptBack(failure)) return { found: 'unclear', failure };
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
  const key = provider.compared(user).identity[keyField];
  return (answer: ProviderAnswer): FoundUser | undefined => {
    const shown = provider.readUser(answer);
    const shownKey = shown?.fields[keyField];
    return shownKey === undefined || sameIdentity(shownKey, key) ? shown : undefined;
  };
}

/** Looks through the provider's lists for whoever holds the request's e-mail. */
export async function findByEmail(options: FindUserOptions): Promise<Search> {
  const { provider, user, connection } = options;
  try {
    const lists = provider.listByEmail(user, await connection.credentials(options));
    return await searchLists(lists, soughtBy(options), options, true);
  } catch (error) {
    return { found: 'failed', failure: asFailure(error) };
  }
}

/** Whom a list is searched for: whoever has the key, or else holds the e-mail. */
interface Sought {
  readonly key: unknown;
  readonly email: unknown;
}

function soughtBy({ provider, user }: FindUserOptions): Sought {
  const { email, [provider.keyField]: key } = provider.compared(user).identity;
  return { key, email };
}

/** Searches the first list that the provider does not refuse; the others as well where `isThorough` and nobody is found. */
async function searchLists(
  lists: readonly string[],
  sought: Sought,
  options: FindUserOptions,
  isThorough: boolean,
): Promise<Search> {
  let search: Search = { found: 'nobody' };
  for (const list of lists) {
    try {
      search = await searchList(list, sought, options);
      if (search.found !== 'nobody' || !isThorough) return search;
    } catch (error) {
      const failure = asFailure(error);
      const isFinal = FAILURES[failure.code] === 'never';
      if (!isFinal && !isKeptBack(failure)) return { found: 'failed', failure };
      search = { found: 'unclear', failure: isFinal ? failure.as('provider_unavailable') : failure };
    }
  }
  return search;
}

async function searchList(list: string, sought: Sought, options: FindUserOptions): Promise<Search> {
  const { provider, connection, deadline, durations } = options;
  const seen = new Set<string>();
  let search: Search = { found: 'nobody' };
  let path = list;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const read = provider.readPage;
    const page = await connection.call({ method: 'GET', path, read, deadline, durations });
    const { users } = page;
    search = searchPage(users, sought, provider, search);
    const isOldNews = users.length > 0 && users.every((one) => one !== undefined && seen.has(one.id));
    for (const one of users) if (one) seen.add(one.id);
    const next = page.next(seen.size);
    if (search.found === 'user' || next === undefined || isOldNews) return search;
    path = withQuery(list, next);
  }
  return search.found === 'other' ? search : { found: 'unclear', failure: tooMany(provider) };
}

function withQuery(path: string, parameters: Readonly<Record<string, string>>): string {
  const [place, query] = path.split('?', 2);
  const whole = new URLSearchParams(query);
  for (const [name, value] of Object.entries(parameters)) whole.set(name, value);
  return `${place}?${whole}`;
}

function tooMany({ name }: Provider): Failure {
  const message = `${name} has more users than can be looked through (${MAX_PAGES} pages of its list).`;
  return new Failure('provider_capacity', message);
}

/** What a page shows beyond `before`: ours goes before somebody else, who goes before one who cannot be told apart. */
function searchPage(
  users: Page['users'],
  { key, email }: Sought,
  { keyField, name }: Provider,
  before: Search,
): Search {
  const own = users.find((one) => one !== undefined && sameIdentity(one.fields[keyField], key));
  if (own) return { found: 'user', user: own };
  const holders = users.filter(
    (one) => one !== undefined && email !== undefined && sameIdentity(one.fields.email, email),
  );
  const other = holders.find((one) => one?.fields[keyField] !== undefined);
  if (other) return { found: 'other', user: other };
  const isUnclear = holders.length > 0 || users.includes(undefined);
  if (before.found !== 'nobody' || !isUnclear) return before;
  const message = `${name} lists somebody who cannot be understood.`;
  return { found: 'unclear', failure: new Failure('provider_invalid_response', message) };
}
