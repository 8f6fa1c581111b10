import { beforeAll, describe } from 'vitest';
import { alarmTests } from './template/alarms.ts';
import { billingTests } from './template/billing.ts';
import { dashboardTests } from './template/dashboard.ts';
import { functionTests } from './template/functions.ts';
import {
  corporateSettings,
  everythingSet,
  type Packages,
  packageService,
} from './template/packaged-service.ts';
import { permissionTests } from './template/permissions.ts';
import { queueTests } from './template/queues.ts';
import { validationTests } from './template/validation.ts';

let packaged: Packages | undefined;

// Packaging takes seconds: all that is asserted of the deployment shares it, and the first one leaves something to the others.
beforeAll(async () => {
  const dev = await packageService(new Date('2026-01-01T00:00:00Z'));
  const [prod, again, corporate] = await Promise.all([
    packageService(new Date('2026-02-02T00:00:00Z'), everythingSet),
    packageService(new Date('2026-03-03T00:00:00Z')),
    packageService(new Date('2026-04-04T00:00:00Z'), corporateSettings),
  ]);
  packaged = { dev, again, prod, corporate };
}, 120_000);

function packages(): Packages {
  if (!packaged) throw new Error('nothing was packaged');
  return packaged;
}

describe('Of the deployment,', () => {
  functionTests(packages);
  queueTests(packages);
  permissionTests(packages);
  alarmTests(packages);
  dashboardTests(packages);
  billingTests(packages);
  validationTests(packages);
});
