import { createSecrets } from '../lib/aws/secrets.ts';
import { createExchange } from '../lib/calls/exchange.ts';
import { createHttp } from '../lib/calls/http.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { type Config, readConfig } from '../lib/config.ts';
import { type Connections, createConnections } from '../lib/connections/connections.ts';
import { providers } from '../lib/providers/index.ts';
import { createMetrics } from '../lib/telemetry/metrics.ts';
import { environmentOf } from './aws/functions.ts';
import type { SecretStore } from './aws/secret-store.ts';
import { NoSuchTarget, outputOf, type Target } from './target.ts';

/** The configuration that the functions of a deployment run with; fails with `NoSuchTarget` where it makes no sense here. */
export async function configOf(target: Target): Promise<Config> {
  const name = outputOf(target, 'UserRequestedFunctionName');
  const environment = await environmentOf(name, target.region);
  try {
    return readConfig(environment, providers);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NoSuchTarget(`${name} cannot run, or is of another version than this command: ${why}`);
  }
}

/** The connections of a deployment as its functions open them, with their gates and limits. */
export function openConnections(
  config: Config,
  secretsManager: SecretStore['client'],
  clock: Clock = systemClock,
): Connections {
  const log = () => {};
  const metrics = createMetrics(config.eventSource, clock, () => {});
  return createConnections({
    ...{ config, clock, log, metrics },
    secrets: createSecrets(secretsManager, { clock, log, metrics }),
    openExchange: () => createExchange(createHttp(config.providerConcurrency + 1, clock), clock),
  });
}
