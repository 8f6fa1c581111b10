// @ts-check
// The door for osls, which takes JavaScript alone.
export * from './service.ts';
