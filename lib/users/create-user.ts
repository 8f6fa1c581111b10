import type { Clock } from '../clock.ts';
import { invalidEvent, refuseExpired } from '../events/request.ts';
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

/** The options, with what changes from one try to the next. */
interface Attempt extends CreateUserOptions {
  remote: RemoteBefore;
  /** The last look has shown nobody, and nothing was done since that could have made the user. */
  isClear: boolean;
  /** How many calls the delivery may still cost the provider, pages of a search aside. */
  callsLeft: number;
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
const PRESENT = { remote: 'present' } as const;
/** A user who "exists" and is not shown is waited for on so many receives, as reads may lag behind writes. */
const RECEIVES_NOT_SHOWN = 3;

/**
 * Makes sure that the user exists, once; `created` only where the answer to the create shows it. An existing user is
 * never changed. Fails with a `Failure` that tells what became of the user. What may be over in a moment is tried again
 * at once, as long as the delivery costs the provider no more than four calls, pages of a search aside.
 */
export async function createUser(options: CreateUserOptions): Promise<Completion> {
  const attempt = { ...options, callsLeft: MOST_CALLS, isClear: false };
  await refuseWhatIsNotTaken(attempt);
  for (;;) {
    const ending = await createOrAdopt(attempt);
    if (ending.ended === 'completed') return ending.completion;
    const { failure } = ending;
    attempt.remote = failure.told.remote === 'absent' ? 'absent' : 'unknown';
    const waitMs = quickTryAfter(failure, attempt);
    if (waitMs === undefined) throw failure;
    await options.clock.sleep(waitMs);
  }
}

/** A connection may want more of a user than the provider's schema does, or take less. */
async function refuseWhatIsNotTaken(attempt: Attempt): Promise<void> {
  const { provider, user, connection } = attempt;
  if (provider.refuses === undefined) return;
  const issues = provider.refuses(user, await connection.credentials(attempt));
  if (issues.length > 0) throw invalidEvent(issues);
}

/**
 * One attempt: looks first where an earlier one may have made the user, or where the create would change one, creates,
 * and finds out what that came to.
 */
async function createOrAdopt(attempt: Attempt): Promise<Ending> {
  let { remote } = attempt;
  if (isLookDue(attempt)) {
    const look = await lookUp(attempt);
    switch (look.found) {
      case 'user':
        return accept('existing', look.user, {}, attempt);
      case 'nobody':
        remote = 'absent';
        break;
      case 'unclear':
        // The create is mostly safe all the same: a user who is there already is refused under the same key.
        if (attempt.provider.looksFirst) return failed(look.failure, { remote });
        break;
      case 'failed':
        return failed(look.failure, { remote });
    }
  }
  const creation = await create(attempt);
  switch (creation.happened) {
    case 'created':
      return accept('created', creation.user, {}, attempt);
    case 'conflict':
      return settleConflict(creation.failure, attempt);
    case 'doubt':
      return settleDoubt(creation.failure, attempt);
    case 'refused':
      return failed(creation.failure, { remote });
  }
}

function isLookDue({ remote, provider, isClear }: Attempt): boolean {
  return remote === 'unknown' || (provider.looksFirst === true && !isClear);
}

async function create(attempt: Attempt): Promise<Creation> {
  const { provider, user, connection, deadline, durations, clock } = attempt;
  attempt.callsLeft -= 1;
  try {
    const { path, body } = provider.create(user, await connection.credentials(attempt));
    const created = await connection.call({
      method: 'POST',
      path,
      body,
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

async function lookUp(attempt: Attempt, isClaimed = false): Promise<Look> {
  attempt.callsLeft -= 1;
  const look = await findByKey(attempt, isClaimed);
  attempt.isClear = look.found === 'nobody';
  return look;
}

/** The create may have been carried out although it failed. */
async function settleDoubt(doubt: Failure, attempt: Attempt): Promise<Ending> {
  const { httpStatus = 0 } = doubt.told;
  const isClaimed = httpStatus >= 200 && httpStatus < 300;
  const look = await lookUp(attempt, isClaimed);
  switch (look.found) {
    case 'user':
      // A defect is told, and the next delivery finds the user.
      if (doubt.code === 'unexpected') return failed(doubt, PRESENT);
      return accept('existing', look.user, {}, attempt);
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
      return accept('existing', search.user, conflict.told, attempt);
    case 'other':
      return heldByOther(
        search.user,
        byKey.found === 'nobody' ? 'absent' : 'unknown',
        conflict.told,
        attempt,
      );
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

function heldByOther(other: FoundUser, remote: Remote, answer: Told, attempt: Attempt): Ending {
  const { decisive } = differencesFromExisting(attempt, other);
  return conflictIn(decisive, "Another user holds the request's e-mail or key, and", { ...answer, remote });
}

function notShown(conflict: Failure, { provider, receives }: Attempt): Ending {
  if (receives > RECEIVES_NOT_SHOWN) return failed(conflict, { remote: 'unknown' });
  const message = `${provider.name} says that the user exists, and does not show it yet.`;
  return failed(new Failure('provider_pending', message, { told: conflict.told }), { remote: 'unknown' });
}

/** Takes a user who was created, or found, for the one that is meant, if it is; waits a little for one not ready. */
function accept(
  result: Completion['result'],
  user: FoundUser,
  answer: Told,
  attempt: Attempt,
): Ending | Promise<Ending> {
  return judge(result, user, answer, attempt) ?? waitUntilReady(result, answer, attempt);
}

async function waitUntilReady(result: Completion['result'], answer: Told, attempt: Attempt): Promise<Ending> {
  const { clock, deadline } = attempt;
  for (const waitMs of POLL_WAITS_MS) {
    if (attempt.callsLeft === 0 || clock.monotonic() + waitMs >= deadline) break;
    await clock.sleep(waitMs);
    const look = await lookUp(attempt);
    if (look.found === 'failed')
      return failed(withoutQuickTry(leading(notReady(attempt), look.failure)), PRESENT);
    const ending = look.found === 'user' ? judge(result, look.user, answer, attempt) : undefined;
    if (ending) return ending;
  }
  return failed(notReady(attempt), PRESENT);
}

/** What a user comes to; undefined for one who is meant and not ready. `answer` is what was said of a conflict. */
function judge(
  result: Completion['result'],
  user: FoundUser,
  answer: Told,
  attempt: Attempt,
): Ending | undefined {
  const isNew = result === 'created';
  const { decisive, descriptive } = (isNew ? differencesFromNew : differencesFromExisting)(attempt, user);
  if (decisive.length > 0) {
    const who = isNew ? 'The user was created and' : 'The user exists and';
    return conflictIn(decisive, who, { ...answer, ...PRESENT });
  }
  if (user.pending) return undefined;
  const summary = attempt.provider.summary(attempt.user, user);
  const differences = isNew ? [] : descriptive;
  return { ended: 'completed', completion: { result, user: summary, differences } };
}

function notReady({ provider }: Attempt): Failure {
  return new Failure('provider_pending', `The user exists at ${provider.name} and is not ready yet.`);
}

function withoutQuickTry(failure: Failure): Failure {
  return failure.asking({ quickTryMs: undefined });
}

function conflictIn(differences: readonly string[], who: string, told: Told): Ending {
  const message = `${who} differs from the request in ${differences.join(', ')}.`;
  return failed(new Failure('user_conflict', message), { ...told, differences });
}

function failed(failure: Failure, told: Told): Ending {
  return { ended: 'failed', failure: failure.telling(told) };
}

/** How long to wait for what may be over in a moment; undefined where it is none, or no time or call is left. */
function quickTryAfter(failure: Failure, attempt: Attempt): number | undefined {
  const { clock, deadline, callsLeft } = attempt;
  const { quickTryMs } = failure.asks;
  // A create, the look-up after a doubtful one, and the look before it where one is due.
  const callsNeeded = isLookDue(attempt) ? 3 : 2;
  if (quickTryMs === undefined || callsLeft < callsNeeded) return undefined;
  const waitMs = quickTryMs * (1 + clock.random());
  return clock.monotonic() + waitMs + LEAST_CREATE_MS < deadline ? waitMs : undefined;
}
