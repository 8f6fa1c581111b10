/** The time-out of the function in serverless.yml. */
export const TIMEOUT_MS = 60_000;

/** What a contestant's process is asked to do: so many invocations, one after another. */
export interface Turn {
  /** The number of the first request; each is used once. */
  readonly first: number;
  readonly batches: number;
  /** Records of one invocation. */
  readonly size: number;
  /** Whether the last records of each batch are such that go wrong. */
  readonly isMixed?: boolean;
}

export interface Took {
  /** From the process's start to the end of the turn. */
  readonly sinceStartMs: number;
  readonly wallMs: number;
  /** Of all threads, user and system. */
  readonly cpuMs: number;
  /** The most memory that the process has had, in MiB. */
  readonly maxRssMib: number;
  /** Message ids of the records that go back to the queue. */
  readonly failed: readonly string[];
  /** The process cannot be used again: an invocation has exceeded the time-out. */
  readonly timedOut: boolean;
}

/** What a process tells when it has imported its contestant. */
export interface Ready {
  readonly importMs: number;
  /** Since the process's start. */
  readonly cpuMs: number;
  /** The turn that was given along at the start. */
  readonly took?: Took | undefined;
}
