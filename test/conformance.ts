import { describe } from 'vitest';
import { answers } from './conformance/answers.ts';
import { blips } from './conformance/blips.ts';
import { conflicts } from './conformance/conflicts.ts';
import { creation } from './conformance/creation.ts';
import { credentials } from './conformance/credentials.ts';
import { deliveries } from './conformance/deliveries.ts';
import { doubt } from './conformance/doubt.ts';
import { invocations } from './conformance/invocations.ts';
import { readiness } from './conformance/readiness.ts';
import { refusals } from './conformance/refusals.ts';
import { statuses } from './conformance/statuses.ts';
import type { Subject } from './conformance/subject.ts';
import { tokens } from './conformance/tokens.ts';
import { wire } from './conformance/wire.ts';

/** Tries whatever may happen between Usher and a provider; every provider has to stand all that applies to it. */
export function conforms(subject: Subject): void {
  const { provider, unready, usesTokens } = subject;
  describe(`The provider ${provider.name}`, () => {
    describe('when it creates', () => creation(subject));
    describe('when it may have created', () => doubt(subject));
    describe('when something passes in a moment', () => blips(subject));
    describe('when the user is there already', () => conflicts(subject));
    if (unready) describe('when the user is not ready', () => readiness(subject, unready));
    describe('when it refuses', () => refusals(subject));
    describe('when it answers with a status', () => statuses(subject));
    describe('when it answers nonsense', () => answers(subject));
    describe('when its answers and connections come as they come', () => wire(subject));
    describe('when credentials are refused', () => credentials(subject));
    if (usesTokens) describe('when it wants a token', () => tokens(subject));
    describe('when deliveries follow each other', () => deliveries(subject));
    describe('when invocations meet and clocks jump', () => invocations(subject));
  });
}
