import { customMetrics } from './custom-metrics.ts';
import type { Deployment } from './deployment.ts';
import type { Measurement } from './measurement.ts';
import type { Usage } from './month.ts';
import { MEASURED } from './traffic.ts';

/** So many requests for the providers that were measured, each with one connection. */
export function usageOf(requests: number, measurement: Measurement, deployment: Deployment): Usage {
  const connections = MEASURED.length;
  return { requests, measurement, deployment, connections, customMetrics: customMetrics(connections) };
}
