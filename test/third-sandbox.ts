import * as z from 'zod';
import { type Answer, json } from '../local/sandboxes/calls.ts';
import { emailAddress, pageOf, parseJson } from '../local/sandboxes/requests.ts';
import { openSandbox, type Sandbox, type SandboxOptions } from '../local/sandboxes/sandbox.ts';
import type { Route, RoutedCall } from '../local/sandboxes/server.ts';
import { createUsers, type Users } from '../local/sandboxes/users.ts';

const newMember = z.strictObject({
  login: z.string(),
  email: emailAddress,
  title: z.string().default(''),
  access: z.string().default('reader'),
});

/** Papyrus' members, in `login` of an added member the key. */
export function startPapyrus(options: SandboxOptions = {}): Promise<Sandbox> {
  return openSandbox('papyrus', options, (vault) => {
    let token = vault.issue('pap_');
    let lastId = 0;
    const users = createUsers((fields) => {
      const member = newMember.parse(fields);
      lastId += 1;
      return { key: member.login, email: member.email, fields: { id: lastId, ...member } };
    }, options);
    const guarded = (answer: Route['answer']) => (call: RoutedCall) =>
      call.headers['papyrus-token'] === token ? answer(call) : refusal(401, 'stranger');
    return {
      users,
      credentials: {
        secret: () => JSON.stringify({ token }),
        rotate: () => {
          token = vault.issue('pap_');
        },
      },
      routes: routesTo(users).map((route) => ({ ...route, answer: guarded(route.answer) })),
      environment: (url) => ({ PAPYRUS_BASE_URL: `${url}/api` }),
    };
  });
}

function routesTo(users: Users): Route[] {
  const create = ({ body }: RoutedCall) => {
    const { data } = newMember.safeParse(parseJson(body));
    if (!data) return refusal(400, 'malformed');
    return users.taken(data.login, data.email)
      ? refusal(409, 'taken')
      : json(201, { member: users.add(data) });
  };
  const get = ({ params: [login = ''] }: RoutedCall) => {
    const found = users.find(login);
    return found ? json(200, { member: found.fields }) : refusal(404, 'nobody');
  };
  const list = ({ query }: RoutedCall) => {
    const found = users.withEmail(query.get('email') ?? '');
    const page = pageOf(found, 20, query.get('from'));
    return page
      ? json(200, { members: page.items.map(({ fields }) => fields) }, linkTo(query, page.next))
      : refusal(400, 'malformed');
  };
  return [
    { operation: 'create', method: 'POST', path: /^\/api\/members$/, answer: create },
    { operation: 'list', method: 'GET', path: /^\/api\/members$/, answer: list },
    { operation: 'get', method: 'GET', path: /^\/api\/members\/([^/]+)$/, answer: get },
  ];
}

const refusal = (status: number, reason: string): Answer =>
  json(status, { reason, words: `Refused: ${reason}.` });

function linkTo(query: URLSearchParams, from: string | undefined): Record<string, string> {
  if (from === undefined) return {};
  const next = new URLSearchParams([...query, ['from', from]]);
  return { link: `<https://papyrus.example/api/members?${next}>; rel="next"` };
}
