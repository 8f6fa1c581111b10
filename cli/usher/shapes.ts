import * as z from 'zod';

/** The shapes of what `--json` prints. A member is added, never taken away or given another meaning, within a major version. */
const text = z.string();
const told = text.optional();
const count = z.int().min(0);
const time = z.iso.datetime();

export const site = z.strictObject({ stage: text, region: text, account: text, caller: text, version: told });

export const finding = z.strictObject({
  about: text,
  state: z.enum(['ok', 'wrong', 'unseen']),
  text,
  remedy: told,
});
export const doctor = z.strictObject({ site, wrong: count, unseen: count, findings: z.array(finding) });

export const group = z.strictObject({
  code: told,
  provider: told,
  connection: told,
  remote: told,
  count,
  oldest: time,
  newest: time,
  advice: text,
  example: z.strictObject({ messageId: text, requestId: told, message: told }),
});
export const letters = z.strictObject({
  site,
  /** How many messages were looked at, of about how many. */
  seen: count,
  inQueue: count,
  selected: count,
  groups: z.array(group),
});

export const letter = z.strictObject({
  messageId: text,
  kind: z.enum(['event', 'raw', 'other']),
  code: told,
  message: told,
  provider: told,
  connection: told,
  remote: told,
  at: time,
  outcomeId: told,
  requestId: told,
  source: told,
  receives: count,
  groupId: told,
  advice: text,
  canSucceed: z.boolean(),
  /** Why it cannot succeed as it is. */
  refusal: told,
  attributes: z.record(z.string(), z.string()),
  /** Parsed where it is JSON. */
  body: z.unknown(),
});
export const shownLetters = z.strictObject({ site, letters: z.array(letter) });

export const redrive = z.strictObject({
  site,
  isDryRun: z.boolean(),
  seen: count,
  selected: count,
  redriven: count,
  leftBehind: count,
  failed: count,
  /** Those that cannot succeed, by the code of why. */
  refused: z.record(z.string(), count),
  ended: z.enum(['dry run', 'done', 'limit', 'stopped', 'probe failed']),
});
export const deletion = z.strictObject({
  site,
  isDryRun: z.boolean(),
  seen: count,
  selected: count,
  deleted: count,
  failed: count,
  ended: z.enum(['dry run', 'done', 'limit', 'stopped']),
});
export const edit = z.strictObject({
  site,
  isDryRun: z.boolean(),
  messageId: text,
  /** The request as it went back, or would. */
  request: z.record(z.string(), z.unknown()),
  sentAs: told,
});

export const step = z.strictObject({
  at: time,
  event: text,
  messageId: told,
  receives: count.optional(),
  code: told,
  delaySeconds: count.optional(),
  secret: told,
  httpStatus: z.int().optional(),
  invocationId: told,
});
export const story = z.strictObject({
  site,
  id: text,
  whereabouts: z.enum([
    'completed',
    'dead-lettered',
    'being retried',
    'being handled',
    'waiting',
    'never seen',
  ]),
  nextAt: time.optional(),
  steps: z.array(step),
  unread: z.array(
    z.strictObject({ queue: z.enum(['completions', 'dead-letters']), messageId: text, outcomeId: told }),
  ),
  unseen: z.array(text),
});

export const previewed = z.strictObject({
  line: count,
  requestId: told,
  provider: told,
  connection: told,
  verdict: z.enum(['create', 'adopt', 'conflict', 'refused', 'unclear']),
  code: told,
  message: told,
  differences: z.array(text),
  remote: z.enum(['absent', 'present', 'unknown']).optional(),
});
export const preview = z.strictObject({ site, requests: z.array(previewed) });

export const sent = z.strictObject({
  line: count,
  requestId: told,
  messageId: text.optional(),
  whereabouts: z.enum(['sent', 'not sent', ...story.shape.whereabouts.options]),
  code: told,
});
export const sending = z.strictObject({ site, isDryRun: z.boolean(), requests: z.array(sent) });

export const connection = z.strictObject({
  connection: text,
  secret: text,
  result: z.enum(['works', 'wrong', 'unclear']),
  message: told,
});
export const secretCheck = z.strictObject({ site, connections: z.array(connection) });
export const secretPut = connection.extend({
  site,
  isDryRun: z.boolean(),
  written: z.enum(['created', 'changed']).optional(),
  /** From then on no container uses the value before. */
  oldKeyMayGoAt: time.optional(),
});

export const trigger = z.strictObject({
  site,
  isDryRun: z.boolean(),
  state: z.enum(['on', 'off']),
  isChanged: z.boolean(),
});

/** Each command with what it prints under `--json`. */
export const shapes = {
  doctor,
  preview,
  send: sending,
  letters,
  'letters show': shownLetters,
  'letters export': z.strictObject({ site, seen: count, selected: count, file: text }),
  'letters redrive': redrive,
  'letters delete': deletion,
  'letters edit': edit,
  follow: story,
  'secret check': secretCheck,
  'secret put': secretPut,
  stop: trigger,
  start: trigger,
} satisfies Readonly<Record<string, z.ZodType>>;
