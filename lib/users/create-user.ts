import type { Clock } from '../clock.ts';
import { refuseExpired } from '../events/request.ts';
import type { FoundUser, UserSummary } from '../providers/provider.ts';
import {
  asFailure,
  Failure,
  leading,
  type Remote,
  type RemoteBefore,
  type Told,
} from '../records/failure.ts';
import { differencesFromExisting, differencesFromNew } from './differences.ts';
import { type FindUserOptions, findByEmail, findByKey, type Look, readerOfOwn } from './find-user.ts';

/** What is told of a user who exists now. */
export interface Completion {
  readonly result: 'created' | 'existing';
  readonly user: UserSummary;
  /** Names of descriptive fields in which an existing user differs. */
  readonly differences: readonly string[];
}

export interface CreateUserOptions extends FindUserOptions {
  /** Account-wide roles that a user may hold and still be the one that is meant. */
  readonly allowedRoles: readonly string[];
  /** Milliseconds since the epoch, after which no create is sent. */
  readonly expiresAt: number | undefined;
  /** The receive count of this delivery. */
  readonly receives: number;
  /** `absent` where no earlier delivery can have made the user, else `unknown`. */
  readonly remote: RemoteBefore;
  readonly clock: Clock;
}

/** The options, and how many calls the delivery may still cost the provider, pages of a search aside. */
interface Attempt extends CreateUserOptions {
  readonly calls: { left: number };
}

/** What came of a create. After a doubtful one nobody knows whether there is a user now. */
type Creation =
  | { readonly happened: 'created'; readonly user: FoundUser }
  | { readonly happened: 'conflict' | 'doubt' | 'refused'; readonly failure: Failure };

/** What an attempt came to. */
type Ending =
  | { readonly ended: 'completed'; readonly completion: Completion }
  | { readonly ended: 'failed'; readonly failure: Failure };

const MOST_CALLS = 4;
/** Less time than this is left for no create: its answer, and a look-up after a doubtful one, would come too late. */
const LEAST_CREATE_MS = 1_000;
const POLL_WAITS_MS = [200, 400, 800];
/** A user who "exists" and is not shown is waited for on so many receives, as reads may lag behind writes. */
const RECEIVES_NOT_SHOWN = 3;

/**
 * Makes sure that the user exists, once; `created` only where the answer to the create shows it. An existing user is
 * never changed. Fails with a `Failure` that tells what became of the user. What may be over in a moment is tried again
 * at once, as long as the delivery costs the provider no more than four calls, pages of a search aside.
 */
export async function createUser(options: CreateUserOptions): Promise<Completion> {
  const calls = { left: MOST_CALLS };
  let { remote } = options;
  for (;;) {
    const ending = await createOrAdopt({ ...options, remote, calls });
    if (ending.ended === 'completed') return ending.completion;
    const { failure } = ending;
    remote = failure.told.remote === 'absent' ? 'absent' : 'unknown';
    if (!(await mayTryAgain(failure, { ...options, remote, calls }))) throw failure;
  }
}

/** One attempt: looks first where an earlier one may have made the user, creates, and finds out what that came to. */
async function createOrAdopt(attempt: Attempt): Promise<Ending> {
  let { remote } = attempt;
  if (remote === 'unknown') {
    const look = await lookUp(attempt);
    switch (look.found) {
      case 'user':
        return adopt(look.user, {}, attempt);
      case 'nobody':
        remote = 'absent';
        break;
      case 'unclear':
        // The create is safe all the same: a user who is there already is refused under the same key.
        break;
      case 'failed':
        return failed(look.failure, { remote });
    }
  }
  const creation = await create(attempt);
  switch (creation.happened) {
    case 'created':
      return acceptCreated(creation.user, attempt);
    case 'conflict':
      return settleConflict(creation.failure, attempt);
    case 'doubt':
      return settleDoubt(creation.failure, attempt);
    case 'refused':
      return failed(creation.failure, { remote });
  }
}

async function create(attempt: Attempt): Promise<Creation> {
  const { provider, user, connection, deadline, durations, clock, calls } = attempt;
  calls.left -= 1;
  try {
    const created = await connection.call({
      method: 'POST',
      ...provider.create(user),
      read: readerOfOwn(attempt),
      leastMs: LEAST_CREATE_MS,
      deadline,
      durations,
      beforeSending: () => refuseExpired(attempt, clock.now()),
    });
    return { happened: 'created', user: created };
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'user_conflict') return { happened: 'conflict', failure };
    return { happened: failure.asks.doubtful ? 'doubt' : 'refused', failure };
  }
}

function lookUp(attempt: Attempt): Promise<Look> {
  attempt.calls.left -= 1;
  return findByKey(attempt);
}

/** The create may have been carried out although it failed. */
async function settleDoubt(doubt: Failure, attempt: Attempt): Promise<Ending> {
  const look = await lookUp(attempt);
  switch (look.found) {
    case 'user':
      return adopt(look.user, {}, attempt);
    case 'nobody':
      return failed(doubt, { remote: 'absent' });
    case 'unclear':
      return failed(doubt, { remote: 'unknown' });
    case 'failed':
      return failed(leading(doubt, look.failure), { remote: 'unknown' });
  }
}

/** The provider says that the user exists: it may be ours, somebody else's, or nowhere to be seen. */
async function settleConflict(conflict: Failure, attempt: Attempt): Promise<Ending> {
  const byKey = await lookUp(attempt);
  const isSearched = byKey.found === 'nobody' || byKey.found === 'unclear';
  const search = isSearched ? await findByEmail(attempt) : byKey;
  switch (search.found) {
    case 'user':
      return adopt(search.user, conflict.told, attempt);
    case 'other':
      return heldByOther(search.user, conflict, byKey.found === 'nobody' ? 'absent' : 'unknown', attempt);
    case 'nobody':
    case 'unclear':
      return notShown(conflict, attempt);
    case 'failed':
      return failed(delayedIfOutOfTime(search.failure), { remote: 'unknown' });
  }
}

/** A search that takes longer than an invocation would be begun again and again if its message came back undelayed. */
function delayedIfOutOfTime(failure: Failure): Failure {
  return failure.code === 'out_of_time' ? failure.as('provider_unavailable') : failure;
}

function heldByOther(other: FoundUser, conflict: Failure, remote: Remote, attempt: Attempt): Ending {
  const { decisive } = differencesFromExisting(attempt, other);
  const message = `Another user holds the request's e-mail or key, and differs in ${decisive.join(', ')}.`;
  const told = { ...conflict.told, remote, differences: decisive };
  return { ended: 'failed', failure: new Failure('user_conflict', message, { told }) };
}

function notShown(conflict: Failure, { provider, receives }: Attempt): Ending {
  if (receives > RECEIVES_NOT_SHOWN) return failed(conflict, { remote: 'unknown' });
  const message = `${provider.name} says that the user exists, and does not show it yet.`;
  const told = { ...conflict.told, remote: 'unknown' } as const;
  return { ended: 'failed', failure: new Failure('provider_pending', message, { told }) };
}

/** Takes a user that was found for the one that is meant, if it is. */
async function adopt(found: FoundUser, conflict: Told, attempt: Attempt): Promise<Ending> {
  const { decisive, descriptive } = differencesFromExisting(attempt, found);
  if (decisive.length > 0) {
    const message = `The user exists and differs from the request in ${decisive.join(', ')}.`;
    const told = { ...conflict, remote: 'present', differences: decisive } as const;
    return { ended: 'failed', failure: new Failure('user_conflict', message, { told }) };
  }
  return completeOnceReady('existing', found, descriptive, attempt);
}

/** Takes a user that was just created for the one that is meant, unless the answer shows other rights or another e-mail. */
async function acceptCreated(created: FoundUser, attempt: Attempt): Promise<Ending> {
  const { decisive } = differencesFromNew(attempt, created);
  if (decisive.length > 0) {
    const message = `The user was created and differs from the request in ${decisive.join(', ')}.`;
    const told = { remote: 'present', differences: decisive } as const;
    return { ended: 'failed', failure: new Failure('user_conflict', message, { told }) };
  }
  return completeOnceReady('created', created, [], attempt);
}

/** Waits a little for a user who is not ready; where it takes longer, that is `provider_pending`. */
async function completeOnceReady(
  result: Completion['result'],
  found: FoundUser,
  differences: readonly string[],
  attempt: Attempt,
): Promise<Ending> {
  const { provider, user, clock, deadline, calls } = attempt;
  const message = `The user exists at ${provider.name} and is not ready yet.`;
  const pending = new Failure('provider_pending', message);
  let latest = found;
  for (const waitMs of POLL_WAITS_MS) {
    if (!latest.pending || calls.left === 0 || clock.monotonic() + waitMs >= deadline) break;
    await clock.sleep(waitMs);
    const look = await lookUp(attempt);
    if (look.found === 'user') latest = look.user;
    if (look.found === 'failed')
      return failed(withoutQuickTry(leading(pending, look.failure)), { remote: 'present' });
  }
  if (latest.pending) return failed(pending, { remote: 'present' });
  return { ended: 'completed', completion: { result, user: provider.summary(user, latest), differences } };
}

function withoutQuickTry(failure: Failure): Failure {
  return failure.asking({ quickTryMs: undefined });
}

function failed(failure: Failure, told: Told): Ending {
  return { ended: 'failed', failure: failure.telling(told) };
}

/** Waits out what may be over in a moment; false where it is none, or no time or call is left. */
async function mayTryAgain(failure: Failure, attempt: Attempt): Promise<boolean> {
  const { clock, deadline, calls, remote } = attempt;
  const { quickTryMs } = failure.asks;
  // A create, the look-up after a doubtful one, and the look before it where one is due.
  const callsNeeded = remote === 'unknown' ? 3 : 2;
  if (quickTryMs === undefined || calls.left < callsNeeded) return false;
  const waitMs = quickTryMs * (1 + clock.random());
  if (clock.monotonic() + waitMs + LEAST_CREATE_MS >= deadline) return false;
  await clock.sleep(waitMs);
  return true;
}
