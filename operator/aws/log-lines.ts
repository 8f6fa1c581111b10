import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';

/** A line of a function's log that is JSON. */
export interface LogLine {
  /** CloudWatch's own: the same line has the same. */
  readonly eventId: string;
  readonly group: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly entry: JsonObject;
}

export interface LogQuery {
  readonly region: string;
  /** A filter pattern of CloudWatch. */
  readonly pattern: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Of each group no more lines than about so many, the oldest ones. */
  readonly most?: number;
}

/** The lines of some log groups that match, in the order of their time. */
export async function readLog(
  groups: readonly string[],
  { pattern, since, region, most }: LogQuery,
): Promise<LogLine[]> {
  const client = new CloudWatchLogsClient({ region });
  try {
    const found = await Promise.all(
      groups.map((group) => readGroup(client, group, { pattern, since, most })),
    );
    return found.flat().sort((one, other) => one.at - other.at);
  } finally {
    client.destroy();
  }
}

async function readGroup(
  client: CloudWatchLogsClient,
  group: string,
  {
    pattern,
    since,
    most = Number.POSITIVE_INFINITY,
  }: { readonly pattern: string; readonly since: number; readonly most: number | undefined },
) {
  const lines: LogLine[] = [];
  const input = { logGroupName: group, filterPattern: pattern, startTime: Math.max(0, Math.floor(since)) };
  for await (const { events = [] } of paginateFilterLogEvents({ client }, input)) {
    for (const { eventId = '', timestamp = 0, message = '' } of events) {
      const entry = parseJson(message);
      if (isObject(entry)) lines.push({ eventId, group, at: timestamp, entry });
    }
    if (lines.length >= most) break;
  }
  return lines;
}

/** A text as it stands in a filter pattern; undefined where a pattern cannot hold it. */
export function quoted(text: string): string | undefined {
  return /^[^"\\*\p{Cc}]{1,255}$/u.test(text) ? `"${text}"` : undefined;
}
