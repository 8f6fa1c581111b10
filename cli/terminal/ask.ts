import { createInterface } from 'node:readline/promises';

/** What a person answers; empty for Ctrl-C and Ctrl-D. Asks on standard error, as the output may go elsewhere. */
export async function ask(question: string): Promise<string> {
  const { stdin: input, stderr: output } = process;
  using terminal = createInterface({ input, output });
  try {
    return (await terminal.question(question)).trim();
  } catch {
    output.write('\n');
    return '';
  }
}
