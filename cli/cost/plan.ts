/** How much is measured. */
export interface Plan {
  /** Requests that each have a batch of their own. */
  readonly oneRecord: number;
  /** Requests in full batches. */
  readonly fullBatches: number;
  readonly coldStarts: number;
}

export const PLAN: Plan = { oneRecord: 200, fullBatches: 1_000, coldStarts: 11 };
