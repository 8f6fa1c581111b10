import { codeOf } from '../error-code.ts';

/** Why a call was not answered, in words for messages. */
const REASONS = {
  'not connected': 'no connection could be made',
  reset: 'the connection was reset',
  unreadable: 'the answer could not be read',
  'broken off': 'the answer broke off',
  'timed out': 'no answer came in time',
} as const;

export type NoAnswerReason = keyof typeof REASONS;

/** What a call goes over: nothing as yet, a connection made for it, or one that had served before. */
export type CallConnection = 'none' | 'new' | 'kept';

/**
 * A call was not answered. Without a connection (by HTTPS: without its handshake) nothing was sent; over any other it
 * may have been carried out.
 */
export class NoAnswer extends Error {
  readonly reason: NoAnswerReason;
  readonly connection: CallConnection;
  /** That of the cause, `ECONNRESET` or `CERT_HAS_EXPIRED` for example. */
  readonly code: string | undefined;

  constructor(reason: NoAnswerReason, connection: CallConnection, cause: unknown) {
    const code = codeOf(cause);
    super(code === undefined ? REASONS[reason] : `${REASONS[reason]} (${code})`, { cause });
    this.name = 'NoAnswer';
    this.reason = reason;
    this.connection = connection;
    this.code = code;
  }
}

/** Has one of the two codes by which programs for Node.js tell waiting for a connection and for an answer apart. */
export class TimedOut extends Error {
  readonly code: string;

  constructor(connection: CallConnection) {
    super('The time was over');
    this.code = connection === 'none' ? 'ETIMEDOUT' : 'ESOCKETTIMEDOUT';
  }
}
