import { isObject, type JsonObject } from '../../lib/json.ts';
import { readLog } from '../aws/log-lines.ts';
import { logGroups } from '../follow.ts';
import type { Target } from '../target.ts';
import { type Finding, ok, wrong } from './finding.ts';

const HOUR_MS = 3_600_000;
/** In an outage there may be very many; so many tell enough. */
const MOST = 2_000;

/** Invocations that died, and defects, in the last hour. */
export async function checkFailures(target: Target): Promise<Finding[]> {
  const about = 'failing invocations';
  const pattern =
    '{ $.level = "ERROR" || $.level = "FATAL" || $.record.status = "timeout" || $.record.status = "error" }';
  const lines = await readLog(logGroups(target), { pattern, most: MOST, ...lastHour(target) });
  const last = lines.at(-1);
  if (last === undefined) return [ok(about, 'none in the last hour')];
  const text = `${counted(lines.length)} in the last hour, the last: ${reasonIn(last.entry)} (${last.group})`;
  return [
    wrong(
      about,
      text,
      `was it deployed just now? npm run rollback -- --stage ${target.stage}; so that requests do not use up their receives: usher stop --reason WHY`,
    ),
  ];
}

/** What requests were handed back for in the last hour: that they are tried again is no fault by itself. */
export async function checkRetries(target: Target): Promise<Finding[]> {
  const about = 'requests handed back';
  const pattern = '{ $.message = "request handed back" }';
  const lines = await readLog(logGroups(target), { pattern, most: MOST, ...lastHour(target) });
  if (lines.length === 0) return [ok(about, 'none in the last hour')];
  const codes = Map.groupBy(
    lines,
    ({ entry }) => `${entry.code} at ${entry.provider ?? '–'}/${entry.connection ?? '–'}`,
  );
  const told = [...codes]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([code, some]) => `${some.length} ${code}`);
  return [ok(about, `${counted(lines.length)} in the last hour: ${told.slice(0, 5).join(', ')}`)];
}

const lastHour = ({ region }: Target) => ({ region, since: Date.now() - HOUR_MS });
const counted = (count: number) => (count >= MOST ? `${count} and more` : String(count));

function reasonIn({ message, errorMessage, errorType, record, error, invocationId }: JsonObject): string {
  const ended = isObject(record) ? `${record.status} ${record.errorType ?? ''}`.trim() : undefined;
  const told = [errorType, message ?? errorMessage, error, ended].filter((part) => typeof part === 'string');
  return `${told.join(' ')}${invocationId === undefined ? '' : `, invocation ${invocationId}`}`;
}
