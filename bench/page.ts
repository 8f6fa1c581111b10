import { availableParallelism, cpus } from 'node:os';
import { PRICES_DATE } from '../cli/cost/prices.ts';
import { contestants } from './contestants.ts';
import { reportOf } from './report.ts';
import type { Results } from './results.ts';

/** docs/performance.md: how it was measured, who took part, and the figures. */
export function pageOf(results: Results, day: string): string {
  return `# Performance

What Usher costs, beside the same work written with the usual tools. Printed by \`npm run bench -- --write\` on ${day}, ${machine()}. Ratios count, not milliseconds: they hold on other machines too.

## How it is measured

- The work: a batch of records → the secret from Secrets Manager → a user at Fireworks for each → a completion to SQS. Before anything is measured, each contestant handles a batch with a malformed event, a request that the provider refuses and one that it cannot take now, and must have made the right users, sent the right outcomes and named the right records.
- SQS, Secrets Manager, DynamoDB and the provider are stand-ins in a process of their own, on the same machine, without TLS: what the network costs is left out, for all alike.
- Peers are bundled with the esbuild settings of \`cli/build/bundle.ts\`, and have the very versions of the SDK and of zod that Usher has. Usher runs as it ships: its own build also leaves out what Lambda never needs of the SDK, and takes \`node:http\` without the undici that an ES import of it loads.
- All run on the same Node.js, in a process with 1,024 file descriptors and Lambda's environment variables. What they log is thrown away, counted first where bytes are told.
- Contestants take turns, and each round begins with another one. Figures are medians, with the least and the most in brackets.
- Cold starts in Lambda take longer than here, as its CPUs are slower and the bundle has to be fetched and unpacked.

## Who takes part

${contestants.map(({ title, does }) => `- ${title}: ${does}`).join('\n')}

Usher does more than any of them and leaves nothing out here. The peers are written as a competent user of each would write them; none of them compares and adopts an existing user, delays retries or pauses a connection. Their sources are in \`bench/contestants/\`.

${reportOf(results)}

## What holds the warm figure

Most of a message's CPU is writing to sockets, \`node:http\`, and the SQS send that ten messages share, which serialises and signs ten whole events; a profile shows it (\`node --cpu-prof\`). The floor with \`node:http\` and nothing else has the sockets, the calls and most of the send too: the tables say where it stands before anything is checked, logged or measured.

## What the dollars are made of

List prices of us-east-1 without free tiers, as of ${PRICES_DATE} (\`cli/cost/prices.ts\`), for requests that arrive in batches of ten: Lambda's requests and duration (arm64, 512 MB, the provider takes 50 ms), SQS sends and Lambda's own polling (a receive and a delete for each batch), calls of Secrets Manager, writes to DynamoDB, and CloudWatch Logs by the byte. Left out, for all alike: what does not grow with requests (a secret, alarms, metrics), data transfer and storage.
`;
}

function machine(): string {
  const { model = 'unknown' } = cpus()[0] ?? {};
  return `Node.js ${process.versions.node}, ${availableParallelism()} cores of ${model.trim()}`;
}
