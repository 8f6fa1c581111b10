import { Command } from 'commander';
import { enduranceTable } from './endurance-table.ts';

await new Command('npm run endurance')
  .description('Tells how long an outage is ridden out, for some settings of MAX_RECEIVES, as Markdown.')
  .action(() => console.log(enduranceTable()))
  .parseAsync();
