import { randomUUID } from 'node:crypto';
import type { Call, Operation } from './calls.ts';
import type { Fault } from './faults.ts';
import type { SocketEnd } from './kept-sockets.ts';
import { type Route, type ServerOptions, serve } from './server.ts';
import type { User, Users } from './users.ts';

/** A stand-in for one provider on this machine: real HTTP, and one account that a test can look into. */
export interface Sandbox {
  readonly name: string;
  /** Its origin, without a trailing slash. */
  readonly url: string;
  /** The functions' variables that lead them here. */
  readonly environment: Readonly<Record<string, string>>;
  /** The content of a secret that works right now. */
  readonly secret: string;
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly Call[];
  /** The greatest number of calls that were open at one moment. */
  mostInFlight(): number;
  /** All users as stored, the invisible ones too. */
  users(): readonly User[];
  /**
   * Puts a user there as somebody else would have made it, its key among the fields; nothing is checked.
   * An invisible one blocks its key and e-mail, yet no look-up shows it before `reveal`.
   */
  addUser(user: User, visibility?: { visible: boolean }): User;
  /** Ends the lag of all reads: every user is shown who is there by now. */
  reveal(): void;
  /** Makes all credentials and tokens void and gives the content of a secret with new ones. */
  rotateCredentials(): string;
  /** Every secret value handed out so far: keys, client secrets, tokens, one-time codes. */
  confidential(): readonly string[];
  /** Lets the next `times` (1) calls of an operation go wrong; what was injected first comes first. */
  inject(operation: Operation, fault: Fault, times?: number): void;
  /** Ends every connection that has served and idles, now or with the next request over it, which is no call. */
  dropSockets(how: SocketEnd): void;
  /** Cuts every open connection and refuses new ones for a while. */
  refuse(ms: number): Promise<void>;
  /** Ends every open call and frees the port. */
  close(): Promise<void>;
}

export interface SandboxOptions extends ServerOptions {
  /** How many look-ups by key it takes until a new user is ready, where the provider has such a state; 0 by default. */
  pendingPolls?: number;
  /**
   * For how many milliseconds no look-up shows a new user, whose key and e-mail are taken all the same; asked at each
   * create. `Infinity`: until `reveal`; 0 by default.
   */
  lagMs?: () => number;
}

export type StartSandbox = (options?: SandboxOptions) => Promise<Sandbox>;

/** Makes secret values and remembers them, so that a test can look for them where they must not be. */
export interface Vault {
  issue(prefix: string): string;
  /** Remembers another form of one, as it goes over the wire. */
  hold(value: string): string;
}

/** What differs between sandboxes. */
export interface Parts {
  readonly users: Users;
  readonly credentials: { readonly secret: () => string; readonly rotate: () => void };
  readonly routes: readonly Route[];
  readonly environment: (url: string) => Readonly<Record<string, string>>;
}

/** Starts a sandbox on a free port of the loopback; its `origin` is known once it listens. */
export async function openSandbox(
  name: string,
  options: SandboxOptions,
  build: (vault: Vault, origin: () => string) => Parts,
): Promise<Sandbox> {
  const confidential: string[] = [];
  const hold = (value: string): string => {
    confidential.push(value);
    return value;
  };
  const issue = (prefix: string) => hold(`${prefix}${randomUUID()}`);
  let url = '';
  const { users, credentials, routes, environment } = build({ issue, hold }, () => url);
  const server = await serve(routes, options);
  url = server.url;
  return {
    name,
    ...server,
    environment: environment(server.url),
    get secret() {
      return credentials.secret();
    },
    users: users.all,
    addUser: (user, { visible } = { visible: true }) =>
      users.add(user, visible ? 0 : Number.POSITIVE_INFINITY),
    reveal: users.reveal,
    rotateCredentials: () => {
      credentials.rotate();
      return credentials.secret();
    },
    confidential: () => [...confidential],
  };
}
