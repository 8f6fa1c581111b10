import { randomUUID } from 'node:crypto';
import { scim } from '@better-auth/scim';
import { type BetterAuthPlugin, betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { type Peer, serve } from './peer.ts';

const PATH = '/api/auth/scim/v2';

/** better-auth with its SCIM plugin, whose users live in memory. */
export function startBetterAuth(): Promise<Peer> {
  const token = randomUUID();
  return serve(PATH, token, async (baseURL) => {
    const plugin = scim({
      connections: [{ id: 'usher', credentials: [{ type: 'bearer', id: 'usher', token }] }],
    });
    const tables = ['user', 'session', 'account', 'verification', ...Object.keys(plugin.schema ?? {})];
    const auth = betterAuth({
      baseURL,
      secret: randomUUID(),
      database: memoryAdapter(Object.fromEntries(tables.map((table) => [table, []]))),
      // Under exactOptionalPropertyTypes its own type does not fit.
      plugins: [plugin as unknown as BetterAuthPlugin],
      telemetry: { enabled: false },
    });
    return async ({ method = '', url = '', headers }, body) => {
      const request = new Request(baseURL + url, {
        method,
        headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...(body !== '' && { body }),
      });
      const answer = await auth.handler(request);
      return {
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        body: await answer.text(),
      };
    };
  });
}
