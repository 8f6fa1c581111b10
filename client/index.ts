export type { CompletedEvent, DeadLetteredEvent, FireworksUser, VectaraUser } from './events.ts';
export { type HandledIds, onceById } from './once.ts';
export {
  isCompleted,
  isDeadLettered,
  type OutcomeEvent,
  type OutcomeMessage,
  type RawDeadLetter,
  readOutcome,
  type SqsEntry,
  type SqsOptions,
  toSqsEntry,
} from './queue.ts';
export {
  type FireworksFields,
  type FireworksRole,
  type ProviderName,
  type RequestedEvent,
  requestUser,
  type UserFields,
  type UserToRequest,
} from './request.ts';
