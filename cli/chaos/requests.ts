import type { JsonObject } from '../../lib/json.ts';
import { FAILURES, type FailureCode } from '../../lib/records/failure.ts';
import {
  inOtherSpelling,
  newFirewalled,
  newPerson,
  type Person,
  redescribed,
  underAnotherKey,
  type Wanted,
  wantedOf,
  withForbiddenRole,
  withKey,
  withOtherRights,
} from './people.ts';
import { between, createRandom, pick, type Random, shuffled } from './random.ts';

/** A request, what it asks for, and how it has to end. */
export interface ChaosRequest {
  /** `chaos-7`; stands in every body, in a malformed one too. */
  readonly id: string;
  readonly body: string;
  /** How many messages carry it. */
  readonly messages: number;
  /** The number of the user that it tells of. */
  readonly person: number;
  /** Whose credentials it is carried out with, as `fireworks/default`. */
  readonly connection: string;
  /** The user that it asks for; undefined where it must be refused. */
  readonly wanted: Wanted | undefined;
  /** Why it must be refused: by Usher, which asks no provider then, or by a firewall, time and again. */
  readonly refusal: FailureCode | undefined;
}

/** Whether Usher itself refuses it, without a call of the provider. */
export function isRefusedByUsher({ refusal }: Pick<ChaosRequest, 'refusal'>): boolean {
  return refusal !== undefined && FAILURES[refusal] === 'never';
}

export interface ChaosMessage {
  readonly body: string;
  /** `requests-exhausted` gets what SQS has given up. */
  readonly queue: 'requests' | 'requestsExhausted';
}

/** All that is sent in one run, and who is at the providers before. */
export interface Traffic {
  readonly requests: readonly ChaosRequest[];
  /** In the order of sending. */
  readonly messages: readonly ChaosMessage[];
  /** Users whom somebody else has made, as `addUser` of a sandbox takes them. */
  readonly strangers: readonly { readonly provider: string; readonly user: JsonObject }[];
}

export const SOURCE = 'https://signup.example.com';

/** The id of the request that a text is about. */
export function requestIdIn(text: string): string | undefined {
  return /chaos-\d+/.exec(text)?.[0];
}

interface Draft extends Pick<ChaosRequest, 'body' | 'wanted' | 'refusal'> {
  readonly asker: Person;
  /** Without an id each message is a request of its own, so there is one. */
  readonly isNameless?: boolean;
}

interface Making {
  readonly random: Random;
  readonly number: number;
  readonly id: string;
  /** The latest new users, who may be asked for again. */
  readonly people: Person[];
  readonly strangers: Traffic['strangers'][number][];
  /** How many hundreds of requests have begun. */
  readonly decks: number;
}

type Kind = (making: Making) => Draft;

/** So many of each kind among a hundred requests. */
const KINDS: readonly (readonly [number, Kind])[] = [
  [64, ({ random, number, id, people }) => asks(id, remember(people, newPerson(random, number)))],
  [9, (making) => asks(making.id, known(making))],
  [2, (making) => asks(making.id, inOtherSpelling(known(making)))],
  [3, (making) => asks(making.id, redescribed(known(making)))],
  [4, (making) => asks(making.id, withOtherRights(known(making)))],
  [3, (making) => asks(making.id, underAnotherKey(known(making)))],
  [
    2,
    (making) =>
      asks(
        making.id,
        stranger(making, (person) => person),
      ),
  ],
  [2, (making) => asks(making.id, stranger(making, withForbiddenRole))],
  [1, firewalled],
  [2, malformed],
  [2, nameless],
  [
    3,
    ({ random, number, id }) => refused('role_not_allowed', id, withForbiddenRole(newPerson(random, number))),
  ],
  [
    1,
    ({ random, number, id }) =>
      refused('unsupported_provider', id, newPerson(random, number), { provider: 'acme' }),
  ],
  [2, ({ random, number, id }) => expired(id, newPerson(random, number))],
];
/** New users may be asked for again that are not older than this. */
const RECENT = 30;
/** A second message comes right after the first, while that one is worked at, or much later. */
const SOON = 5;
const LATE = 400;

/** The requests of a run and their messages: the same for the same seed and number. */
export function createTraffic(seed: number, count: number): Traffic {
  const random = createRandom(seed, 'requests');
  const people: Person[] = [];
  const strangers: Traffic['strangers'][number][] = [];
  const requests: ChaosRequest[] = [];
  const placed: { at: number; message: ChaosMessage }[] = [];
  let deck: Kind[] = [];
  let decks = 0;
  for (let number = 1; number <= count; number++) {
    if (deck.length === 0) {
      deck = shuffled(
        random,
        KINDS.flatMap(([share, kind]) => Array(share).fill(kind)),
      );
      decks += 1;
    }
    const id = `chaos-${number}`;
    const making = { random, number, id, people, strangers, decks };
    const { isNameless, asker, ...draft } = (deck.pop() ?? malformed)(making);
    const copies = copiesOf(random, draft.body, number).slice(0, isNameless ? 1 : undefined);
    placed.push(...copies);
    const connection = `${asker.provider}/${asker.connection}`;
    requests.push({ id, ...draft, messages: copies.length, person: asker.number, connection });
  }
  const messages = placed.sort((one, other) => one.at - other.at).map(({ message }) => message);
  return { requests, messages, strangers };
}

function remember(people: Person[], person: Person): Person {
  people.push(person);
  if (people.length > RECENT) people.shift();
  return person;
}

function known({ random, number, people }: Making): Person {
  return pick(random, people) ?? newPerson(random, number);
}

/** Somebody who is there beforehand, as the request wants it or with more rights. */
function stranger({ random, number, strangers }: Making, change: (person: Person) => Person): Person {
  const person = withKey(newPerson(random, number));
  const { provider, user } = change(person);
  // That of a service account is made up.
  const made = provider === 'fireworks' && { email: `robot.u${number}@example.com` };
  strangers.push({ provider, user: { ...made, ...user } });
  return person;
}

function copiesOf(random: Random, body: string, number: number) {
  const luck = random();
  const later = (within: number) => number + between(random, 1, within) + 0.5;
  const copy = (at: number, queue: ChaosMessage['queue'] = 'requests') => ({ at, message: { body, queue } });
  const copies = [copy(number)];
  if (luck < 0.08) copies.push(copy(later(SOON)));
  if (luck > 0.06 && luck < 0.12) copies.push(copy(later(LATE)));
  if (luck > 0.98) copies.push(copy(later(SOON), 'requestsExhausted'));
  return copies;
}

function eventOf(id: string, { provider, connection, user }: Person, more: JsonObject = {}) {
  const data = { provider, connection, user };
  return { specversion: '1.0', id, source: SOURCE, type: 'user.requested.v1', data, ...more };
}

function asks(id: string, person: Person): Draft {
  const body = JSON.stringify(eventOf(id, person));
  return { body, asker: person, wanted: wantedOf(person), refusal: undefined };
}

function refused(refusal: FailureCode, id: string, person: Person, data: JsonObject = {}): Draft {
  const event = eventOf(id, person);
  const body = JSON.stringify({ ...event, data: { ...event.data, ...data } });
  return { body, asker: person, wanted: undefined, refusal };
}

function firewalled({ random, number, id, decks }: Making): Draft {
  return refused('provider_unauthorized', id, newFirewalled(random, number, decks));
}

function expired(id: string, person: Person): Draft {
  const body = JSON.stringify(eventOf(id, person, { expirytime: '2020-01-01T00:00:00Z' }));
  return { body, asker: person, wanted: undefined, refusal: 'request_expired' };
}

function malformed({ random, number, id }: Making): Draft {
  const person = newPerson(random, number);
  const event = eventOf(id, person);
  const bodies = [
    JSON.stringify({ ...event, data: { ...event.data, user: { ...person.user, nickname: 'Ada' } } }),
    JSON.stringify({ ...event, type: 'user.requested.v9' }),
    JSON.stringify({ ...event, data: { ...event.data, user: { email: 'nobody' } } }),
  ];
  return { body: pick(random, bodies) ?? '', asker: person, wanted: undefined, refusal: 'invalid_event' };
}

function nameless({ random, number, id }: Making): Draft {
  const person = newPerson(random, number);
  const event = eventOf(id, person);
  const bodies = [
    `{"id": "${id}", this is no JSON`,
    JSON.stringify([id]),
    JSON.stringify({ ...event, id: undefined, subject: id }),
  ];
  const body = pick(random, bodies) ?? '';
  return { body, asker: person, wanted: undefined, refusal: 'invalid_event', isNameless: true };
}
