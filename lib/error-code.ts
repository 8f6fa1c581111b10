/** The code that Node.js gives its errors, `ECONNRESET` for example; undefined for errors of another kind. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
