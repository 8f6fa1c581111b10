import type { FireworksUser, ProviderUsers } from './events.ts';

/** A user of Fireworks AI: a person by e-mail, or a service account by userId; a permissionPreset with role custom alone. */
export type FireworksFields = Omit<
  FireworksUser,
  'email' | 'serviceAccount' | 'userId' | 'role' | 'permissionPreset'
> &
  (
    | { readonly serviceAccount: true; readonly userId: string; readonly email?: string }
    | { readonly serviceAccount?: false; readonly email: string; readonly userId?: string }
  ) &
  (
    | { readonly role: 'custom'; readonly permissionPreset: string }
    | { readonly role?: Exclude<FireworksRole, 'custom'>; readonly permissionPreset?: never }
  );

/** The roles that the default allow-list of a deployment has. */
export type FireworksRole = 'user' | 'contributor' | 'inference-user' | 'custom';

/** What `data.user` may hold, by the provider. */
export interface UserFields extends Omit<ProviderUsers, 'fireworks'> {
  readonly fireworks: FireworksFields;
}

export type ProviderName = keyof UserFields;

/** What is asked for. */
export interface UserToRequest<Provider extends ProviderName> {
  readonly provider: Provider;
  /** Which of the provider's accounts; `default` where it is left out. */
  readonly connection?: string;
  /** The provider's own fields, under its own names. */
  readonly user: UserFields[Provider];
  /**
   * Identifies the request for ever, together with `source`: send the same one when you send it again, and another one
   * for another user. Made up where it is left out. It is copied into logs and answers, so let it say nothing of the
   * person.
   */
  readonly id?: string;
  /** Who asks; `urn:usher:client` where it is left out. */
  readonly source?: string;
  /** Your own opaque id of the user, without an @; it comes back in the answer. */
  readonly subject?: string;
  /** After it nothing is made, and the request ends as `request_expired`. */
  readonly expirytime?: Date;
  /** What the answer is told to belong to; the request's id where it is left out. */
  readonly correlationid?: string;
  /** What has led to this request, a former one that was corrected, say. */
  readonly causationid?: string;
  /** W3C trace context; both come back in the answer. */
  readonly traceparent?: string;
  readonly tracestate?: string;
}

/** A request as it goes into the queue. */
export interface RequestedEvent<Provider extends ProviderName = ProviderName> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: 'user.requested.v1';
  readonly time: string;
  readonly subject?: string;
  readonly expirytime?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly data: {
    readonly provider: Provider;
    readonly connection?: string;
    readonly user: UserFields[Provider];
  };
}

/** Builds the event that asks for a user. Which fields a provider knows is checked by the compiler, all else by Usher. */
export function requestUser<Provider extends ProviderName>({
  provider,
  connection,
  user,
  id = crypto.randomUUID(),
  source = 'urn:usher:client',
  expirytime,
  ...context
}: UserToRequest<Provider>): RequestedEvent<Provider> {
  return {
    specversion: '1.0',
    id,
    source,
    type: 'user.requested.v1',
    time: new Date().toISOString(),
    ...context,
    ...(expirytime && { expirytime: expirytime.toISOString() }),
    data: { provider, ...(connection !== undefined && { connection }), user },
  };
}
