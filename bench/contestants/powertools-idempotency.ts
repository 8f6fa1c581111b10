import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { Context, SQSEvent } from 'aws-lambda';
import { createPowertoolsHandler, provision } from './shared/powertools.ts';

const config = new IdempotencyConfig({ eventKeyJmesPath: '[source, id]' });
const persistenceStore = new DynamoDBPersistenceLayer({ tableName: process.env.IDEMPOTENCY_TABLE ?? '' });
const handle = createPowertoolsHandler(makeIdempotent(provision, { persistenceStore, config }));

/** Powertools, and each request remembered in DynamoDB so that a redelivery does not run again. */
export const handler = (event: SQSEvent, context: Context) => {
  config.registerLambdaContext(context);
  return handle(event, context);
};
