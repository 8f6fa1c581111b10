/** Where the lines of log and metrics go. */
export interface Lines {
  /** Adds a line, with its end; those that come together are written in one go, before anything else is waited for. */
  write(line: string): void;
  /** Writes what there is now: what comes next may end the process. */
  flush(): void;
}

/** Each write is a call of the system, which costs more than making the line. */
export function createLines(write: (text: string) => void): Lines {
  let gathered = '';

  function flush(): void {
    const text = gathered;
    gathered = '';
    if (text !== '') write(text);
  }

  return {
    write(line) {
      if (gathered === '') queueMicrotask(flush);
      gathered += line;
    },
    flush,
  };
}
