import { enduranceTable } from './endurance-table.ts';

console.log(enduranceTable());
