import { serveHttp } from '../../local/http-server.ts';
import type { Sandbox } from '../../local/sandboxes/sandbox.ts';

/** Serves the users of every sandbox as JSON, for a browser or curl; gives the address. */
export async function serveUsers(sandboxes: ReadonlyMap<string, Pick<Sandbox, 'users'>>): Promise<string> {
  const { host } = await serveHttp(async (_, response) => {
    const users = Object.fromEntries([...sandboxes].map(([name, sandbox]) => [name, sandbox.users()]));
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(`${JSON.stringify(users, null, 2)}\n`);
  });
  return `http://${host}/`;
}
