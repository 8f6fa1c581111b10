import tab from '@bomb.sh/tab/commander';
import { endWithoutReader } from './act.ts';
import { explain } from './exit.ts';
import { createProgram } from './program.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    endWithoutReader();
  });
}

const program = createProgram();
tab(program);
await program.parseAsync().catch(explain);
