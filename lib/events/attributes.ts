import * as z from 'zod/mini';
import { text } from '../schema.ts';

export const DEFAULT_CONNECTION = 'default';

export const identifierSchema: z.ZodMiniString = text(1, 255);
export const connectionSchema: z.ZodMiniString = z.string().check(
  z.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    error: 'must be 1 to 63 characters of a-z, 0-9 and hyphen, not beginning with a hyphen',
  }),
);
export const subjectSchema: z.ZodMiniString = z.string().check(
  z.refine((subject) => !subject.includes('@'), {
    error: 'must be an opaque id without @, as it is copied into outcomes',
  }),
);
