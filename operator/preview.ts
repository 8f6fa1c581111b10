import { type Clock, systemClock } from '../lib/clock.ts';
import type { Config } from '../lib/config.ts';
import type { Connection } from '../lib/connections/connection.ts';
import type { Connections } from '../lib/connections/connections.ts';
import type { UserRequest } from '../lib/events/request.ts';
import { asFailure, FAILURES, Failure, type Remote } from '../lib/records/failure.ts';
import { noDurations } from '../lib/telemetry/durations.ts';
import { createUser } from '../lib/users/create-user.ts';
import { judge } from './letters/judge.ts';

/** What would become of a request now. */
export interface Preview {
  /** `unclear`: the provider or the secret does not let one see. */
  readonly verdict: 'create' | 'adopt' | 'conflict' | 'refused' | 'unclear';
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Names of fields: of an adopted user descriptive ones, of a conflict decisive ones. */
  readonly differences: readonly string[];
  readonly remote: Remote | undefined;
  readonly provider: string | undefined;
  readonly connection: string | undefined;
  readonly requestId: string | undefined;
}

export interface PreviewOptions {
  readonly config: Config;
  readonly connections: Connections;
  readonly clock?: Clock;
}

const TIME_MS = 60_000;
/** From the fourth receive on, a user who "exists" and is not shown is not waited for. */
const FIRST = 1;

/** Says what the function would do with a body now. It calls the provider by GET alone. */
export async function preview(body: string, options: PreviewOptions): Promise<Preview> {
  const { config, connections, clock = systemClock } = options;
  const judgement = judge(body, config, clock.now());
  if (!judgement.ok) return { ...NOTHING, verdict: 'refused', ...told(judgement.failure) };
  const { request } = judgement;
  const known = {
    ...NOTHING,
    provider: request.provider.name,
    connection: request.connection,
    requestId: request.id,
  };
  const { connection, gate, allowedRoles } = connections(request.provider, request.connection);
  const deadline = clock.monotonic() + TIME_MS;
  try {
    const { differences } = await gate({ who: `${request.source}\n${request.id}`, deadline }, () =>
      createUser({
        ...{ provider: request.provider, user: request.user, expiresAt: request.expiresAt, allowedRoles },
        ...{ connection: withoutCreates(connection), deadline, clock },
        durations: noDurations(),
        receives: FIRST,
        remote: 'unknown',
      }),
    );
    return { ...known, verdict: 'adopt', differences, remote: 'present' };
  } catch (error) {
    return { ...known, ...verdictOf(asFailure(error), request) };
  }
}

const NOTHING = {
  ...{ code: undefined, message: undefined, differences: [], remote: undefined },
  ...{ provider: undefined, connection: undefined, requestId: undefined },
};

/** In place of a create it says that the user exists, so that whoever holds the key or the e-mail is looked for. */
function withoutCreates(connection: Connection): Connection {
  return {
    ...connection,
    async call(call) {
      if (call.method === 'GET') return connection.call(call);
      throw new Failure('user_conflict', 'Nothing is created in a preview.');
    },
  };
}

function verdictOf(failure: Failure, { provider }: UserRequest): Partial<Preview> & Pick<Preview, 'verdict'> {
  const { code, told: known } = failure;
  // "Exists and is not shown": nobody holds the key or the e-mail, as far as the provider shows.
  if (code === 'provider_pending' && known.remote !== 'present')
    return { verdict: 'create', remote: 'absent' };
  if (code === 'user_conflict') return { verdict: 'conflict', ...told(failure) };
  if (FAILURES[code] === 'never') return { verdict: 'refused', ...told(failure) };
  if (code === 'unexpected') throw failure.cause ?? failure;
  return { verdict: 'unclear', ...told(failure), provider: provider.name };
}

function told({ code, message, told: { differences = [], remote } }: Failure) {
  return { code, message, differences, remote };
}
