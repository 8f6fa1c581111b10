import { recordOf } from './deliveries.ts';
import { requestEvent, startLocalUsher } from './local-usher.ts';

// Hands one batch of 1,000 requests to the artefact, and prints what came of it as JSON.
await using usher = await startLocalUsher({}, { latencyMs: 5 });
const Records = Array.from({ length: 1000 }, (_, index) => {
  const user = { email: `r-${index}@example.com` };
  const record = recordOf(requestEvent(`r-${index}`, { provider: 'fireworks', user }));
  return { ...record, messageId: `m-${index}` };
});
const result = await usher.stack.functions.userRequested.invoke({ Records });
if (!result.ok) throw new Error(result.error.errorMessage);
const { batchItemFailures } = JSON.parse(JSON.stringify(result.payload));
const outcomes = await usher.outcomes(1000);
console.log(
  JSON.stringify({
    failed: batchItemFailures.length,
    users: usher.fireworks.users().length,
    completions: outcomes.filter(({ queue }) => queue === 'completions').length,
    mostInFlight: usher.fireworks.mostInFlight(),
  }),
);
