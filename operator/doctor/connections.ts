import type { Config } from '../../lib/config.ts';
import { readLog } from '../aws/log-lines.ts';
import { isForbidden } from '../aws/refused.ts';
import { openSecretStore } from '../aws/secret-store.ts';
import { logGroups } from '../follow.ts';
import { type Checked, readConnectionName, readStored, tryConnection } from '../secrets.ts';
import { outputOf, type Target } from '../target.ts';
import { type Finding, ok, unseen, wrong } from './finding.ts';

/** A paused connection is met, and logged, at least so often. */
const PAUSE_MS = 75 * 60_000;

/** Which connections are paused, by what the containers have logged. */
export async function checkPauses(target: Target): Promise<Finding[]> {
  const [group = ''] = logGroups(target);
  const lines = await readLog([group], {
    pattern: '{ $.message = "connection paused" || $.message = "connection healed" }',
    since: Date.now() - PAUSE_MS,
    region: target.region,
  });
  const last = new Map(lines.map(({ entry }) => [`${entry.provider}/${entry.connection}`, entry]));
  const paused = [...last].filter(([, entry]) => entry.message === 'connection paused');
  if (paused.length === 0) return [ok('paused connections', 'none in the last 75 minutes')];
  return paused.map(([name, { code, secret }]) =>
    wrong(
      `connection ${name}`,
      `paused by a container: ${code}${secret ? ` (secret ${secret})` : ''}`,
      secret ? `usher secret check ${name}; usher secret put ${name} FILE` : "see the provider's status page",
    ),
  );
}

/** Every secret below the prefix: whether it is well-formed, and whether the provider takes it. */
export async function checkSecrets(target: Target, config: Config): Promise<Finding[]> {
  using store = openSecretStore(target.region);
  const prefix = outputOf(target, 'SecretNamePrefix');
  const names = (await store.list(prefix)).map((name) => name.slice(prefix.length));
  if (names.length === 0)
    return [wrong('secrets', `there is none below ${prefix}`, 'usher secret put fireworks/default FILE')];
  return Promise.all(
    names.map(async (name) => {
      const about = `connection ${name}`;
      const connection = readConnectionName(name, config);
      if (typeof connection === 'string')
        return wrong(
          about,
          `a secret that no request can reach: ${connection}`,
          'delete it, or give it another name',
        );
      try {
        return toldAs(
          about,
          name,
          await tryConnection(connection, config, () => readStored(store, connection)),
        );
      } catch (error) {
        if (!isForbidden(error)) throw error;
        return unseen(
          about,
          'this caller may not read the secret, so that neither it nor the provider was tried',
        );
      }
    }),
  );
}

/** A finding of what came of trying a connection. */
export function toldAs(about: string, name: string, checked: Checked): Finding {
  switch (checked.result) {
    case 'works':
      return ok(
        about,
        'the provider lists users with it; whether it may also create them, a look does not show',
      );
    case 'wrong':
      return wrong(about, checked.failure.message, `usher secret put ${name} FILE`);
    case 'unclear':
      return unseen(about, `the provider could not be asked: ${checked.failure.message}`);
  }
}
