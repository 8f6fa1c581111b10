/** Keeps the ids of outcomes that were handled: a table of a database, for longer than a message lives in the queue. */
export interface HandledIds {
  has(id: string): Promise<boolean>;
  add(id: string): Promise<void>;
}

/**
 * Handles each outcome once by its id, although SQS delivers at least once. The id is kept after `handle` has resolved:
 * a consumer that dies in between handles it again, so let `handle` and the store share a transaction where that
 * matters. State of your own goes by the request (`causationid`): a redrive gives it another outcome, with another id.
 */
export function onceById<Outcome extends { readonly id: string | undefined }>(
  store: HandledIds,
  handle: (outcome: Outcome) => Promise<void>,
): (outcome: Outcome) => Promise<'handled' | 'seen before'> {
  return async (outcome) => {
    const { id } = outcome;
    if (id !== undefined && (await store.has(id))) return 'seen before';
    await handle(outcome);
    if (id !== undefined) await store.add(id);
    return 'handled';
  };
}
