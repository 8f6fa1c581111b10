/** How long one record has spent at what, in milliseconds, and how often its provider was called. */
export interface Durations {
  /** Waiting for a place among the calls in flight. */
  placeMs: number;
  /** Reading the secret and getting a token, or waiting for another record that does. */
  credentialsMs: number;
  providerMs: number;
  providerCalls: number;
  /** Until SQS had confirmed the outcome, or the delay. */
  outcomeMs: number;
}

export function noDurations(): Durations {
  return { placeMs: 0, credentialsMs: 0, providerMs: 0, providerCalls: 0, outcomeMs: 0 };
}
