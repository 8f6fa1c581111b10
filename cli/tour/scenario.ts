import { json } from '../../local/sandboxes/calls.ts';
import { SECRET, type TourWorld } from './world.ts';

/** One stop of the tour: what is about to happen, and what shows that it went well. */
export interface Stop {
  readonly title: string;
  readonly before: string;
  readonly happens: (world: TourWorld) => Promise<readonly Proof[]>;
}

/** What was seen, in words; `holds` where that is as it should be. */
export interface Proof {
  readonly holds: boolean;
  readonly text: string;
}

const signup: Stop = {
  title: 'A signup',
  before: 'Your product puts one event on a queue.',
  async happens({ ask, answersTo, until, fireworks }) {
    await ask('ada');
    await until('the answer', () => answersTo('ada').length === 1);
    const [answer] = answersTo('ada');
    return [
      {
        holds: resultOf(answer) === 'created',
        text: `the answer says ${resultOf(answer)}: ${userOf(answer)}`,
      },
      { holds: fireworks.users().length === 1, text: `${fireworks.users().length} user is at the provider` },
    ];
  },
};

const duplicate: Stop = {
  title: 'The same again',
  before: 'SQS delivers at least once, and signup forms are clicked twice: the same request comes once more.',
  async happens({ ask, answersTo, until, fireworks }) {
    await ask('ada');
    await until('the second answer', () => answersTo('ada').length === 2);
    const [first, second] = answersTo('ada');
    return [
      { holds: resultOf(second) === 'existing', text: `the answer says ${resultOf(second)}` },
      { holds: first?.id === second?.id, text: 'both answers have one id, so that your product counts one' },
      { holds: fireworks.users().length === 1, text: `still ${fireworks.users().length} user` },
    ];
  },
};

const lostAnswer: Stop = {
  title: 'A lost answer',
  before: 'The provider makes the user, and the connection breaks before it can say so.',
  async happens({ ask, answersTo, until, fireworks }) {
    fireworks.inject('create', { applied: true, reply: 'reset' });
    const callsBefore = fireworks.calls.length;
    await ask('grace');
    await until('the answer', () => answersTo('grace').length > 0);
    const operations = fireworks.calls.slice(callsBefore).map(({ operation }) => operation);
    return [
      {
        holds: operations.join() === 'create,get',
        text: `the provider was asked to ${operations.join(', then to ')}`,
      },
      {
        holds: resultOf(answersTo('grace')[0]) === 'existing',
        text: 'the answer says existing: it was found',
      },
      { holds: usersNamed(fireworks, ['grace']) === 1, text: 'there is one of her' },
    ];
  },
};

const outage: Stop = {
  title: 'An outage',
  before: 'The provider answers 503 to everything, while a dozen people sign up.',
  async happens({ ask, answersTo, until, fireworks, logged, setDown, minuteGoesBy }) {
    const names = numbered('outage', 12);
    const isAnswered = (name: string) => answersTo(name).length > 0;
    setDown(true);
    const callsBefore = fireworks.calls.length;
    await ask(...names);
    await until('the pause', () => logged('connection paused') > 0);
    const handedBack = logged('request handed back');
    await until('requests that meet the pause', () => logged('request handed back') >= handedBack + 24);
    const calls = fireworks.calls.length - callsBefore;
    const deliveries = logged('request handed back');
    setDown(false);
    await minuteGoesBy();
    await until('all answers', () => names.every(isAnswered));
    const created = names.filter((name) => resultOf(answersTo(name)[0]) === 'created').length;
    return [
      {
        holds: calls < 4 * deliveries,
        text: `the connection paused itself: ${calls} calls in ${deliveries} deliveries, each of which may cost four`,
      },
      {
        holds: logged('connection healed') > 0,
        text: 'a minute later one probe found the provider well, and it healed',
      },
      {
        holds: created === names.length,
        text: `${created} of ${names.length} were created, nothing was lost`,
      },
    ];
  },
};

const wrongKey: Stop = {
  title: 'A wrong key',
  before:
    'Somebody revokes the API key. Then somebody puts the new one into Secrets Manager, and nothing else.',
  async happens({ ask, answersTo, until, fireworks, stack, logged, minuteGoesBy }) {
    const names = numbered('key', 5);
    const pauses = logged('connection paused');
    fireworks.rotateCredentials();
    await ask(...names);
    await until('the pause', () => logged('connection paused') > pauses);
    const early = names.filter((name) => answersTo(name).length > 0).length;
    stack.secretsManager.set(SECRET, fireworks.secret);
    await minuteGoesBy();
    await until('all answers', () => names.every((name) => answersTo(name).length > 0));
    const created = names.filter((name) => resultOf(answersTo(name)[0]) === 'created').length;
    return [
      { holds: early === 0, text: 'a single 401 paused the connection, and no request was given up' },
      {
        holds: created === names.length,
        text: `with the right key ${created} of ${names.length} went through by themselves`,
      },
    ];
  },
};

const deadLetters: Stop = {
  title: 'Dead letters, and back',
  before:
    'The provider rejects three requests for a fault of its own. An operator looks, and sends them back.',
  async happens({ ask, answersTo, until, fireworks, usher }) {
    const names = numbered('letter', 3);
    const reply = json(400, { code: 3, message: 'The plan of this account has no seats', details: [] });
    fireworks.inject('create', { applied: false, reply }, names.length);
    await ask(...names);
    await until('the dead letters', () => names.every((name) => answersTo(name).length === 1));
    const letters = await usher('letters');
    await usher('letters', 'redrive', '--code', 'provider_rejected', '--confirm');
    await until('the answers', () => names.every((name) => answersTo(name).length === 2));
    const created = names.filter((name) => resultOf(answersTo(name)[1]) === 'created').length;
    const left = await usher('letters');
    return [
      {
        holds: letters.includes('provider_rejected') && letters.includes('no seats'),
        text: `npx usher letters tells why: ${firstLineWith(letters, 'no seats')}`,
      },
      {
        holds: created === names.length,
        text: `after npx usher letters redrive ${created} of ${names.length} are created`,
      },
      { holds: !left.includes('provider_rejected'), text: 'and the queue of dead letters is empty' },
    ];
  },
};

const kill: Stop = {
  title: 'A kill in the middle',
  before: 'Twenty people sign up, and the function is killed while it works.',
  async happens({ ask, answersTo, until, fireworks, stack }) {
    const names = numbered('kill', 20);
    await ask(...names);
    await until('the first users', () => usersNamed(fireworks, names) > 2);
    stack.functions.userRequested.kill();
    const made = usersNamed(fireworks, names);
    await until('all answers', () => names.every((name) => answersTo(name).length > 0));
    const users = usersNamed(fireworks, names);
    return [
      { holds: made > 0, text: `${made} users had been made when it died` },
      {
        holds: users === names.length,
        text: `${users} users for ${names.length} people: none lost, none twice`,
      },
      { holds: names.every(hasOneId(answersTo)), text: 'and one answer for each' },
    ];
  },
};

/** In two minutes: what happens to requests when everything goes wrong that can. */
export const scenario: readonly Stop[] = [signup, duplicate, lostAnswer, outage, wrongKey, deadLetters, kill];

type Answer = ReturnType<TourWorld['answersTo']>[number];

function resultOf(answer: Answer | undefined): string {
  if (answer === undefined) return 'nothing';
  return 'result' in answer.data ? answer.data.result : answer.data.failure.code;
}

function userOf(answer: Answer | undefined): string {
  return answer && 'user' in answer.data ? answer.data.user.id : 'nobody';
}

function hasOneId(answersTo: TourWorld['answersTo']) {
  return (name: string) => new Set(answersTo(name).map(({ id }) => id)).size === 1;
}

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
}

function usersNamed(fireworks: TourWorld['fireworks'], names: readonly string[]): number {
  const emails = new Set(names.map((name) => `${name}@example.com`));
  return fireworks.users().filter(({ email }) => emails.has(String(email))).length;
}

function firstLineWith(text: string, words: string): string {
  return (
    text
      .split('\n')
      .find((line) => line.includes(words))
      ?.trim() ?? 'nothing'
  );
}
