import type { FailureCode } from '../../lib/records/failure.ts';

/** The failures that an ordinary month brings; each further code is one more metric. */
export const USUAL_FAILURES: readonly FailureCode[] = [
  'invalid_event',
  'user_conflict',
  'provider_rejected',
  'provider_throttled',
  'provider_unavailable',
];

/** How many metrics Usher's telemetry makes for so many providers: one for each combination of dimension values. */
export function customMetrics(providers: number, failures = USUAL_FAILURES.length): number {
  const outcomes = 2;
  const combinations = {
    requestsByOutcome: outcomes,
    // Completed and dead-lettered by each, and dead-lettered without one.
    requestsByOutcomeAndProvider: outcomes * providers + 1,
    timeToOutcomeByOutcome: outcomes,
    failuresByCode: failures,
    retries: 1,
    retriesByProvider: providers,
    providerLatencyByProvider: providers,
    pausedConnections: 1,
    pausedConnectionsByProvider: providers,
    secretReads: 1,
  };
  return Object.values(combinations).reduce((sum, each) => sum + each, 0);
}
