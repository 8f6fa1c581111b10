import type { Clock } from '../clock.ts';
import { refuseExpired } from '../events/request.ts';
import type { FoundUser, Provider, UserSummary } from '../providers/provider.ts';
import { asFailure, Failure, leading, type Remote, type Told } from '../records/failure.ts';
import { type Differences, differencesBetween } from './compare.ts';
import { type Finding, type FindUserOptions, findByKey, findUser } from './find-user.ts';

/** What is told of a user who exists now. */
export interface Completion {
  readonly result: 'created' | 'existing';
  readonly user: UserSummary;
  /** Names of descriptive fields in which an existing user differs. */
  readonly differences: readonly string[];
}

export interface CreateUserOptions extends FindUserOptions {
  /** Account-wide roles that an existing user may hold and still be the one that is meant. */
  readonly allowedRoles: readonly string[];
  /** Milliseconds since the epoch, after which no create is sent. */
  readonly expiresAt: number | undefined;
  readonly clock: Clock;
}

const MAX_QUICK_TRIES = 2;
const POLL_WAITS_MS = [200, 400, 800, 1600];

/**
 * Makes sure that the user exists, once, and says whether this call made it: creates it under the request's key;
 * after a conflict or a doubtful answer looks for it and compares; waits until it is ready. An existing user is
 * never changed. Fails with a `Failure` that knows what became of the user.
 */
export async function createUser(options: CreateUserOptions): Promise<Completion> {
  const { clock, deadline } = options;
  let remote: Remote | undefined;
  for (let tries = 0; ; tries++) {
    try {
      return await createOrAdopt(options);
    } catch (error) {
      const failure = asFailure(error);
      remote = failure.told.remote ?? (failure.code === 'unexpected' ? 'unknown' : remote);
      const waitMs = (failure.asks.quickTryMs ?? Number.POSITIVE_INFINITY) * (1 + clock.random());
      if (tries === MAX_QUICK_TRIES || clock.monotonic() + waitMs >= deadline)
        throw failure.telling({ remote });
      await clock.sleep(waitMs);
    }
  }
}

async function createOrAdopt(options: CreateUserOptions): Promise<Completion> {
  let created: FoundUser;
  try {
    created = await create(options);
  } catch (error) {
    const failure = asFailure(error);
    if (failure.code === 'user_conflict') return settleConflict(failure, options);
    if (failure.asks.doubtful) return settleDoubt(failure, options);
    throw failure.code === 'provider_rejected' ? failure.telling({ remote: 'absent' }) : failure;
  }
  return complete('created', await ready(created, options), [], options);
}

function create(options: CreateUserOptions): Promise<FoundUser> {
  const { provider, user, connection, deadline, durations, clock } = options;
  return connection.call({
    method: 'POST',
    ...provider.create(user),
    read: provider.readUser,
    deadline,
    durations,
    beforeSending: () => refuseExpired(options, clock.now()),
  });
}

/** The provider says that the user exists: it may be ours, somebody else's, or nowhere to be seen. */
async function settleConflict(conflict: Failure, options: CreateUserOptions): Promise<Completion> {
  const finding = await findUser(options).catch((error: unknown) => {
    throw asFailure(error).telling({ remote: 'unknown' });
  });
  if (finding.found === 'nobody' || finding.found === 'unclear')
    throw conflict.telling({ remote: 'unknown' });
  return adopt(finding, conflict.told, options);
}

/** The create may have been carried out although it failed. */
async function settleDoubt(doubt: Failure, options: CreateUserOptions): Promise<Completion> {
  const finding = await findUser(options).catch((error: unknown) => {
    throw leading(doubt, asFailure(error)).telling({ remote: 'unknown' });
  });
  if (finding.found === 'nobody') throw doubt.telling({ remote: 'absent' });
  if (finding.found === 'unclear') throw doubt.telling({ remote: 'unknown' });
  return adopt(finding, {}, options);
}

/** Takes a user that was found for the one that is meant, if it is. */
async function adopt(
  { found, user }: Extract<Finding, { user: FoundUser }>,
  told: Told,
  options: CreateUserOptions,
): Promise<Completion> {
  const { decisive, descriptive } = compare(user, options);
  if (found === 'others') {
    const message = `Another user holds the request's e-mail or key, and differs in ${decisive.join(', ')}.`;
    throw new Failure('user_conflict', message, {
      told: { ...told, remote: 'absent', differences: decisive },
    });
  }
  if (decisive.length > 0) {
    const message = `The user exists and differs from the request in ${decisive.join(', ')}.`;
    throw new Failure('user_conflict', message, {
      told: { ...told, remote: 'present', differences: decisive },
    });
  }
  return complete('existing', await ready(user, options), descriptive, options);
}

function compare(found: FoundUser, { provider, user, allowedRoles }: CreateUserOptions): Differences {
  const differences = differencesBetween(user, found.fields, provider.compared(user));
  const roles = [found.fields[provider.roleField] ?? []].flat();
  const isPrivileged = roles.some((role) => !allowedRoles.includes(String(role)));
  if (!isPrivileged) return differences;
  return { ...differences, decisive: [...new Set([...differences.decisive, provider.roleField])] };
}

/** Waits a little for a user who is not ready; fails with `provider_pending` where it takes longer. */
async function ready(user: FoundUser, options: CreateUserOptions): Promise<FoundUser> {
  const { provider, clock, deadline } = options;
  let latest = user;
  for (const waitMs of POLL_WAITS_MS) {
    if (!latest.pending || clock.monotonic() + waitMs >= deadline) break;
    await clock.sleep(waitMs);
    const found = await findByKey(options).catch((error: unknown) => {
      throw leading(pending(provider), asFailure(error))
        .telling({ remote: 'present' })
        .asking({ quickTryMs: undefined });
    });
    latest = found ?? latest;
  }
  if (latest.pending) throw pending(provider);
  return latest;
}

function pending({ name }: Provider): Failure {
  const message = `The user exists at ${name} and is not ready yet.`;
  return new Failure('provider_pending', message, { told: { remote: 'present' } });
}

function complete(
  result: Completion['result'],
  found: FoundUser,
  differences: readonly string[],
  { provider, user }: CreateUserOptions,
): Completion {
  return { result, user: provider.summary(user, found), differences };
}
