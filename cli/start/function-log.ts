import { isObject, parseJson } from '../../lib/json.ts';

export interface LogListener {
  /** A message went back to the queue, for the failure of this code. */
  readonly onHandedBack: (messageId: string, code: string) => void;
  /** A defect of ours, or what is said of a function that died. */
  readonly onTrouble: (line: string) => void;
}

/** Finds in the log of the functions, line by line, what a person who waits for outcomes wants to know. */
export function createLogReader({ onHandedBack, onTrouble }: LogListener): (line: string) => void {
  return (line) => {
    const entry = parseJson(line);
    if (!isObject(entry) || entry.level === 'ERROR' || entry.level === 'FATAL') onTrouble(line);
    else if (typeof entry.messageId === 'string' && 'delaySeconds' in entry) {
      onHandedBack(entry.messageId, String(entry.code));
    }
  };
}
