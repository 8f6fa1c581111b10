import { isObject, parseJson } from '../../lib/json.ts';
import type { Answer, Call } from './http.ts';

/** What the provider's stub has seen. */
export interface ProviderTally {
  readonly created: number;
  /** Calls of any kind. */
  readonly calls: number;
}

/** Fireworks as far as creating users goes; an e-mail that begins with `refused` or `unavailable` meets that. */
export function createProvider() {
  const users = new Set<string>();
  let latencyMs = 0;
  let calls = 0;

  function create(userId: string, text: string): Answer {
    const body = parseJson(text);
    const fields = isObject(body) ? body : {};
    const email = String(fields.email);
    if (email.startsWith('refused')) return error(400, 3, 'The e-mail address is not accepted.');
    if (email.startsWith('unavailable')) return error(503, 14, 'The service is unavailable.');
    if (users.has(userId)) return error(409, 6, 'The user exists.');
    users.add(userId);
    const name = `accounts/acme/users/${userId}`;
    const user = { name, state: 'READY', createTime: new Date().toISOString(), role: 'user', ...fields };
    return { status: 200, body: JSON.stringify(user) };
  }

  function answerOf({ request, body }: Call): Answer {
    if (request.headers.authorization !== 'Bearer bench-key') return error(401, 16, 'The key is wrong.');
    if (request.method !== 'POST') return error(404, 5, 'There is no such user.');
    const { searchParams } = new URL(request.url ?? '', 'http://stub');
    return create(searchParams.get('userId') ?? '', body);
  }

  return {
    answer(call: Call): Answer {
      calls += 1;
      return { ...answerOf(call), afterMs: latencyMs };
    },
    setLatency(ms: number): void {
      latencyMs = ms;
    },
    /** What has been seen since this was called last; all users are forgotten. */
    take(): ProviderTally {
      const taken = { created: users.size, calls };
      users.clear();
      calls = 0;
      return taken;
    },
  };
}

function error(status: number, code: number, message: string): Answer {
  return { status, body: JSON.stringify({ error: { code, message } }) };
}
