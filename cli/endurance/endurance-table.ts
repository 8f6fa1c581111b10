import { Failure, type FailureCode } from '../../lib/records/failure.ts';
import { delaySeconds } from '../../lib/records/retry.ts';

const SETTINGS = [10, 15, 25];
const DEFAULT = 15;
const ALMOST_ONE = 1 - Number.EPSILON;
const CODES: readonly FailureCode[] = ['provider_unavailable', 'provider_unauthorized'];

/** How long a request outlives an outage that begins with its first receive, as a Markdown table. */
export function enduranceTable(): string {
  const heads = ['`MAX_RECEIVES`', ...CODES.map((code) => `\`${code}\` and its like`)];
  const rows = SETTINGS.map((maxReceives) => [
    maxReceives === DEFAULT ? `${maxReceives} (default)` : String(maxReceives),
    ...CODES.map((code) => `${hours(code, maxReceives, 0)} to ${hours(code, maxReceives, ALMOST_ONE)} h`),
  ]);
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** From the first receive to the one on which Usher gives up, all delays drawn alike. */
function hours(code: FailureCode, maxReceives: number, random: number): string {
  const failure = new Failure(code, '');
  const waits = Array.from({ length: maxReceives - 1 }, (_, index) =>
    delaySeconds(failure, { receives: index + 1, elapsedMs: 0, random }),
  );
  return (waits.reduce((sum, wait) => sum + wait, 0) / 3600).toFixed(1);
}
