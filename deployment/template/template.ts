// Everything that osls does not make of the functions: queues, permissions, alarms, the dashboard, and what is changed
// in what it does make.
import { alarms } from './alarms.ts';
import { dashboard } from './dashboard.ts';
import type { Resources } from './intrinsics.ts';
import type { Deployment } from './names.ts';
import { mappings, outputs } from './outputs.ts';
import { permissions } from './permissions.ts';
import { queues } from './queues.ts';

/** What `serverless.yml` adds to what osls makes. */
export function template(deployment: Deployment) {
  const { settings, given, version } = deployment;
  const ringing = alarms(deployment);
  return {
    // What the next deployment compares itself with.
    Metadata: { Usher: { version, settings, given } },
    Mappings: mappings,
    Resources: {
      ...queues(deployment),
      ...permissions(deployment),
      ...ringing,
      ...dashboard(deployment, namesOfAlarms(ringing)),
    },
    Outputs: outputs(deployment),
    extensions: extensions(deployment),
  };
}

function namesOfAlarms(resources: Resources): string[] {
  return Object.values(resources).flatMap(({ Properties: { AlarmName } }) =>
    typeof AlarmName === 'string' ? [AlarmName] : [],
  );
}

/** What is changed in the resources that osls makes, and what it knows no words for. */
function extensions({ settings }: Deployment) {
  const { maximumConcurrency, minimumPollers, maximumPollers, deletionProtection } = settings;
  // No function sends to a queue that it reads, so Lambda's loop detection never meets honest traffic: AWS's default
  // stays, for whatever a consumer of the outcome queues may send back.
  const ofFunction = { Properties: { RecursiveLoop: 'Terminate' } };
  const ofLogGroup = deletionProtection
    ? { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }
    : undefined;
  const scaling =
    maximumConcurrency > 0
      ? { ScalingConfig: { MaximumConcurrency: maximumConcurrency } }
      : { ProvisionedPollerConfig: { MinimumPollers: minimumPollers, MaximumPollers: maximumPollers } };
  return {
    UserDashrequestedLambdaFunction: ofFunction,
    RequestDashexhaustedLambdaFunction: ofFunction,
    UserDashrequestedEventSourceMappingSQSRequestsQueue: { Properties: scaling },
    ...(ofLogGroup && {
      UserDashrequestedLogGroup: ofLogGroup,
      RequestDashexhaustedLogGroup: ofLogGroup,
    }),
  };
}
