import type { FailureCode } from '../../lib/records/failure.ts';

/** What to do about letters of a code; docs/operations.md says the same at more length. */
const ADVICE: Readonly<Record<FailureCode, string>> = {
  invalid_event: 'mend the producer; edit the letters, or delete them',
  unsupported_provider: 'mend the producer; edit the letters, or delete them',
  role_not_allowed: 'edit the letters to ask for less, or widen the allow-list and redrive',
  request_expired: 'delete them; a new request is needed where the user is still wanted',
  user_conflict: 'compare the two users at the provider, correct or delete one there, then redrive',
  provider_rejected: 'edit the letters as the message says',
  provider_unauthorized: 'usher doctor; usher secret put CONNECTION FILE; then redrive',
  provider_not_found: 'mend accountId in the secret, the base URL or the proxy, then redrive',
  provider_capacity: 'raise the quota at the provider, then redrive',
  provider_throttled: 'lower maximumConcurrency or raise the limit, then redrive --rate',
  provider_unavailable: 'wait for the provider, then redrive --probe',
  provider_pending: 'look at the user at the provider, then redrive',
  provider_invalid_response: 'see whether a base URL is wrong or a proxy is in between, then redrive --probe',
  secret_unavailable: 'usher secret check; usher secret put CONNECTION FILE; then redrive',
  secret_invalid: 'usher secret check; usher secret put CONNECTION FILE; then redrive',
  out_of_time: 'raise timeoutSeconds or lower batchSize, then redrive',
  outcome_unpublished: 'see whether queues, policies and KMS key are as deployed, then redrive',
  unexpected: 'a defect of Usher: report the log line with its stack, then redrive',
  delivery_exhausted: 'see how the invocations ended (usher follow ID), then redrive',
};

/** A few words for whoever has letters of that code before them. */
export function adviceFor(code: string | undefined): string {
  if (code !== undefined && Object.hasOwn(ADVICE, code)) return ADVICE[code as FailureCode];
  return 'no letter of Usher: see who sends to this queue; export and delete them';
}
