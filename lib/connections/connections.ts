import type { Exchange } from '../calls/exchange.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Provider } from '../providers/provider.ts';
import { createRecent } from '../recent.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Connection, createConnection } from './connection.ts';
import { createGate, type Gate } from './gate.ts';
import type { Secrets } from './secrets.ts';

/** A connection with what limits its use. */
export interface OpenConnection {
  readonly connection: Connection;
  readonly gate: Gate;
  /** Account-wide roles that a request may ask for. */
  readonly allowedRoles: readonly string[];
}

/** The connections of this container, each opened once while it is in use. */
export type Connections = (provider: Provider, name: string) => OpenConnection;

export interface ConnectionsOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  /** Each connection gets its own, with sockets of its own, so that none can hold up another. */
  readonly openExchange: () => Exchange;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Events name connections, so that their number has no other bound. */
const MOST_CONNECTIONS = 1_000;

export function createConnections({
  config,
  secrets,
  openExchange,
  clock,
  log,
  metrics,
}: ConnectionsOptions): Connections {
  const opened = createRecent<OpenConnection>(MOST_CONNECTIONS);

  function open(provider: Provider, name: string, id: string): OpenConnection {
    const settings = config.providers.get(provider.name);
    if (settings === undefined) throw new Error(`The provider ${provider.name} is not configured`);
    const secretName = config.secretPrefix + id;
    const exchange = openExchange();
    const connection = createConnection({
      ...{ provider, config: settings, secretName, secrets, exchange, clock, metrics },
    });
    const gate = createGate({
      places: config.providerConcurrency,
      clock,
      onChange({ state, ...change }) {
        log('WARN', `connection ${state}`, { provider: provider.name, connection: name, ...change });
      },
      onPaused: () => metrics.mark('PausedConnections', id, { provider: provider.name }),
    });
    return { connection, gate, allowedRoles: settings.allowedRoles };
  }

  return (provider, name) => {
    const id = `${provider.name}/${name}`;
    return opened.get(id, () => open(provider, name, id));
  };
}
