import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { type Answer, refusal, type Service } from '../aws/service.ts';
import { readPattern } from './filter-pattern.ts';

/** The log groups of this machine: what was written last. */
export interface Logs {
  readonly call: Service;
  write(group: string, line: string): void;
}

interface Line {
  readonly eventId: string;
  readonly timestamp: number;
  readonly message: string;
}

const KEPT_LINES = 50_000;
const PAGE = 1_000;

/** CloudWatch Logs in memory: FilterLogEvents of the groups that were named. */
export function createLogs(groups: readonly string[]): Logs {
  const kept = new Map<string, Line[]>(groups.map((group) => [group, []]));
  let count = 0;

  function filter({
    logGroupName,
    filterPattern = '',
    startTime = 0,
    endTime,
    nextToken = '0',
  }: JsonObject): Answer {
    const lines = kept.get(String(logGroupName));
    if (lines === undefined)
      return refusal('ResourceNotFoundException', 'The specified log group does not exist.');
    const matches = readPattern(String(filterPattern));
    if (matches === undefined) return refusal('InvalidParameterException', 'Invalid filter pattern');
    const until = Number(endTime ?? Number.POSITIVE_INFINITY);
    const found = lines.filter(
      ({ timestamp, message }) =>
        timestamp >= Number(startTime) && timestamp <= until && matches(parseJson(message)),
    );
    const from = Number(nextToken);
    const events = found.slice(from, from + PAGE);
    const hasMore = from + PAGE < found.length;
    return { status: 200, body: { events, ...(hasMore && { nextToken: String(from + PAGE) }) } };
  }

  return {
    async call(operation, body) {
      if (operation === 'FilterLogEvents') return filter(body);
      return refusal('UnknownOperationException', `${operation} is not known here.`);
    },
    write(group, line) {
      const lines = kept.get(group);
      if (lines === undefined) return;
      count += 1;
      const entry = parseJson(line);
      const told = isObject(entry) ? Date.parse(String(entry.timestamp)) : Number.NaN;
      const timestamp = Number.isNaN(told) ? Date.now() : told;
      lines.push({ eventId: String(count), timestamp, message: line });
      if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
    },
  };
}
