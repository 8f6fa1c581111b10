/** One reading of a secret. */
export interface Secret {
  readonly name: string;
  readonly text: string;
}

export interface Secrets {
  /** The secret by its full name; fails with `secret_unavailable`. */
  get(name: string): Promise<Secret>;
  /**
   * Reads a secret again that led to a refusal, unless that was done within the last minute. Answers with the very
   * same object where nothing new is known; fails with `secret_unavailable`.
   */
  refresh(name: string, refused: Secret): Promise<Secret>;
}
