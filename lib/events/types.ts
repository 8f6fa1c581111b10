/** The event types of the contract; a breaking change to one makes a new type. */
export const REQUESTED = 'user.requested.v1';
export const COMPLETED = 'user.completed.v1';
export const DEAD_LETTERED = 'user.dead_lettered.v1';
