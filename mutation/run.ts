import { StrykerCli } from '@stryker-mutator/core';

// Whatever follows in the command line is Stryker's: `npm run mutation -- --mutate lib/retry.ts`.
const [node = '', file = '', ...args] = process.argv;
new StrykerCli([node, file, 'run', 'mutation/stryker.config.json', ...args]).run();
