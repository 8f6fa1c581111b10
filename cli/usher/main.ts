import tab from '@bomb.sh/tab/commander';
import { explain } from './exit.ts';
import { createProgram } from './program.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  // Whoever reads the output has seen enough, as `head` has.
  process.exit();
});

const program = createProgram();
tab(program);
await program.parseAsync().catch(explain);
