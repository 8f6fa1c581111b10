/** Collects entries into batches for an SQS batch call. */
export interface Batcher<Entry> {
  /** Resolves once SQS has accepted the entry; rejects where it did not, or where nobody knows. */
  add(entry: Entry): Promise<void>;
  /** Says that somebody has come who may add an entry. */
  join(): void;
  /** Says that somebody has added what there was to add; once nobody is left, what has been collected is sent. */
  leave(): void;
}

/** The answer of an SQS batch call, whose HTTP status says nothing of the single entries. */
export interface BatchAnswer {
  readonly Successful?: readonly { readonly Id: string | undefined }[] | undefined;
  readonly Failed?:
    | readonly { readonly Id: string | undefined; readonly Code: string | undefined }[]
    | undefined;
}

export interface BatcherOptions<Entry> {
  /** Sends one batch; each entry goes under its index as `Id`. */
  readonly send: (entries: readonly Entry[]) => Promise<BatchAnswer>;
  readonly bytesOf: (entry: Entry) => number;
  readonly maxBytes: number;
  /** How long a batch that is not full waits for those who are still there, in milliseconds. */
  readonly lingerMs: number;
}

const MAX_ENTRIES = 10;

/** SQS did not accept an entry of a batch; the error's name is SQS's own code, as with the SDK's errors. */
class EntryRefused extends Error {
  constructor(code: string) {
    super(`SQS did not accept the entry: ${code}`);
    this.name = code;
  }
}

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function createBatcher<Entry>(options: BatcherOptions<Entry>): Batcher<Entry> {
  const { send, bytesOf, maxBytes, lingerMs } = options;
  let waiting: Waiting<Entry>[] = [];
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  let present = 0;

  function flush(): void {
    clearTimeout(timer);
    const batch = waiting;
    waiting = [];
    bytes = 0;
    timer = undefined;
    if (batch.length > 0) void settle(batch);
  }

  async function settle(batch: readonly Waiting<Entry>[]): Promise<void> {
    try {
      const answer = await send(batch.map(({ entry }) => entry));
      const accepted = new Set(answer.Successful?.map(({ Id }) => Id));
      const refused = new Map(answer.Failed?.map(({ Id, Code }) => [Id, Code]));
      for (const [index, { resolve, reject }] of batch.entries()) {
        const id = String(index);
        if (accepted.has(id)) resolve();
        else reject(new EntryRefused(refused.get(id) ?? 'NotConfirmed'));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    join() {
      present += 1;
    },
    leave() {
      present -= 1;
      if (present === 0) flush();
    },
    add: (entry) =>
      new Promise((resolve, reject) => {
        const size = bytesOf(entry);
        if (bytes + size > maxBytes) flush();
        waiting.push({ entry, resolve, reject });
        bytes += size;
        if (waiting.length === MAX_ENTRIES) flush();
        else timer ??= setTimeout(flush, lingerMs);
      }),
  };
}
