import * as z from 'zod/mini';
import { optional, text, timeSchema } from '../schema.ts';

export const DEFAULT_CONNECTION = 'default';

const noControlCharacters = z.regex(/^\P{Cc}*$/u, { error: 'must not hold control characters' });

export const identifierSchema: z.ZodMiniString = text(1, 255).check(noControlCharacters);
export const connectionSchema: z.ZodMiniString = z.string().check(
  z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: 'must be 1 to 63 characters of a-z, 0-9 and hyphen, not beginning with a hyphen',
  }),
);
/** The extensions for correlation and tracing. */
export const extensionSchema: z.ZodMiniString = z.string().check(noControlCharacters);
export const subjectSchema: z.ZodMiniString = extensionSchema.check(
  z.regex(/^[^@]*$/, { error: 'must be an opaque id without @, as it is copied into outcomes' }),
);

/** The attributes that a request may have or not; null and an empty text count as left out. */
export const optionalAttributes = {
  time: optionalAttribute(timeSchema),
  subject: optionalAttribute(subjectSchema),
  expirytime: optionalAttribute(timeSchema),
  correlationid: optionalAttribute(extensionSchema),
  causationid: optionalAttribute(extensionSchema),
  traceparent: optionalAttribute(extensionSchema),
  tracestate: optionalAttribute(extensionSchema),
};

function optionalAttribute(schema: z.ZodMiniString) {
  return optional(schema, (value) => value === null || value === '');
}
