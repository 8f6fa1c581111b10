import { providers } from '../../lib/providers/index.ts';
import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { Measurement } from './measurement.ts';
import type { Usage } from './month.ts';

/** So many requests for all providers, each with one connection. */
export function usageOf(requests: number, measurement: Measurement, deployment: Deployment): Usage {
  const connections = providers.length;
  return { requests, measurement, deployment, connections, customMetrics: customMetrics(providers.length) };
}
