import { Failure } from '../records/failure.ts';

/**
 * Opens the secret of that full name. `understand` gets its text and makes of it what is kept, or fails with
 * `secret_invalid`; nothing is read before it is asked for.
 */
export type Secrets = <Content>(name: string, understand: (text: string) => Content) => Secret<Content>;

/** One entry of Secrets Manager, understood. */
export interface Secret<Content> {
  /** At once where it is known; fails with `secret_unavailable` or `secret_invalid`. */
  get(): Content | Promise<Content>;
  /**
   * Reads again what led to a refusal, unless that was done within the last minute. Answers with the very same object
   * where nothing new is known; fails like `get`.
   */
  refresh(refused: Content): Promise<Content>;
}

/** A secret that is there and cannot be used; `problem` goes on from its name and says what to do, never the content. */
export function invalidSecret(name: string, problem: string): Failure {
  return new Failure('secret_invalid', `The secret ${name} ${problem}.`, { told: { secret: name } });
}
