import type { IncomingMessage } from 'node:http';
import { controllers as jackson } from '@boxyhq/saml-jackson';
import { type Peer, type PeerAnswer, serve } from './peer.ts';

const TENANT = { tenant: 'usher', product: 'peers' };

export interface SamlJackson extends Peer {
  /** From then on it answers everything with 200 and `{}`. */
  deactivate(): Promise<void>;
}

/** The directory sync of saml-jackson, whose users live in memory. */
export async function startSamlJackson(): Promise<SamlJackson> {
  const { directorySyncController } = await jackson({
    externalUrl: 'http://localhost',
    samlAudience: 'http://localhost',
    samlPath: '/saml',
    scimPath: '/scim',
    db: { engine: 'mem' },
    noAnalytics: true,
  } as Parameters<typeof jackson>[0]);
  const { directories, requests } = directorySyncController;
  const { data: directory, error } = await directories.create({ ...TENANT, type: 'generic-scim-v2' });
  if (!directory) throw new Error(`no directory: ${error?.message}`);
  const { id: directoryId, scim } = directory;

  async function answer(
    { method = '', url = '', headers }: IncomingMessage,
    body: string,
  ): Promise<PeerAnswer> {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const [, resource = '', resourceId] = pathname.split('/');
    const query = [...searchParams].map(([name, value]) => [name, name === 'filter' ? value : Number(value)]);
    const { status, data } = await requests.handle({
      ...{ method, directoryId, resourceType: resource.toLowerCase(), resourceId },
      body: body === '' ? undefined : JSON.parse(body),
      apiSecret: headers.authorization?.replace(/^Bearer /, '') ?? null,
      query: Object.fromEntries(query),
    });
    const type = { 'content-type': 'application/scim+json' };
    return { status, headers: type, body: data === undefined ? '' : JSON.stringify(data) };
  }

  const peer = await serve('', scim.secret ?? '', async () => answer);
  return {
    ...peer,
    async deactivate() {
      await directories.update(directoryId, { deactivated: true });
    },
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
