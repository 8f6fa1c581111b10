// Who may do what: every permission that the deployment gives, action by action.
import { computed } from './parameters.js';

const arnOf = (resource) => ({ 'Fn::GetAtt': [resource, 'Arn'] });
const allow = (Action, Resource, Condition) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
});

// What Lambda needs to read a queue in the function's name.
const receive = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
const log = (group) => allow(['logs:CreateLogStream', 'logs:PutLogEvents'], arnOf(group));

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
const keyToReceive = ['kms:Decrypt'];
const keyToSend = ['kms:Decrypt', 'kms:GenerateDataKey'];

/** The use of the customer's key, where there is one, through one AWS service and never directly. */
function useKey({ kmsKeyArn }, actions, service = 'sqs') {
  if (!kmsKeyArn) return [];
  const through = { 'Fn::Sub': `${service}.\${AWS::Region}.amazonaws.com` };
  return [allow(actions, kmsKeyArn, { StringEquals: { 'kms:ViaService': through } })];
}

/** A SendMessageBatch needs sqs:SendMessage and a ChangeMessageVisibilityBatch the permission of the single call. */
export const userRequested = computed((parameters) => [
  allow([...receive, 'sqs:ChangeMessageVisibility'], arnOf('RequestsQueue')),
  allow('sqs:SendMessage', [arnOf('CompletionsQueue'), arnOf('DeadLettersQueue')]),
  allow('secretsmanager:GetSecretValue', {
    'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${parameters.secretPrefix}*`,
  }),
  log('UserDashrequestedLogGroup'),
  ...useKey(parameters, keyToSend),
  // The secrets may lie under the same key.
  ...useKey(parameters, keyToReceive, 'secretsmanager'),
]);

export const requestExhausted = computed((parameters) => [
  allow(receive, arnOf('RequestsExhaustedQueue')),
  allow('sqs:SendMessage', arnOf('DeadLettersQueue')),
  log('RequestDashexhaustedLogGroup'),
  ...useKey(parameters, keyToSend),
]);

/** For whoever sends requests. */
export const producer = computed((parameters) => [
  allow('sqs:SendMessage', arnOf('RequestsQueue')),
  ...useKey(parameters, keyToSend),
]);

/** For whoever reads outcomes. */
export const consumer = computed((parameters) => [
  allow([...receive, 'sqs:ChangeMessageVisibility'], [arnOf('CompletionsQueue'), arnOf('DeadLettersQueue')]),
  ...useKey(parameters, keyToReceive),
]);

/** Nobody reaches a queue over plain HTTP, whatever else allows it. */
const encryptedTransportOnly = (queue) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: 'sqs:*',
  Resource: arnOf(queue),
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

/** SNS and EventBridge send without a role: the queue itself lets them in, and only those that are named. */
const admitProducers = ({ producerArns }) => ({
  Effect: 'Allow',
  Principal: { Service: ['sns.amazonaws.com', 'events.amazonaws.com'] },
  Action: 'sqs:SendMessage',
  Resource: arnOf('RequestsQueue'),
  Condition: { ArnEquals: { 'aws:SourceArn': producerArns.split(',') } },
});

export const requestsQueue = computed((parameters) => [
  encryptedTransportOnly('RequestsQueue'),
  ...(parameters.producerArns ? [admitProducers(parameters)] : []),
]);
export const requestsExhaustedQueue = () => [encryptedTransportOnly('RequestsExhaustedQueue')];
export const completionsQueue = () => [encryptedTransportOnly('CompletionsQueue')];
export const deadLettersQueue = () => [encryptedTransportOnly('DeadLettersQueue')];
