// Made by `npm run schemas` from the schemas that validate. Do not edit.

/** `data.user` for fireworks. */
export interface FireworksUser {
  /** Required unless serviceAccount is true. */
  readonly email?: string;
  /** Within the allow-list FIREWORKS_ALLOWED_ROLES. */
  readonly role?: string;
  /** What the user is shown as. */
  readonly displayName?: string;
  /** A user for a program; it needs a userId. */
  readonly serviceAccount?: boolean;
  /** What the user is created under; derived from the e-mail where it is left out. */
  readonly userId?: string;
  /** Required with role custom, and possible with no other. */
  readonly permissionPreset?: string;
}

/** `data.user` for vectara. */
export interface VectaraUser {
  /** Required. */
  readonly email: string;
  /** What the user is created under; the e-mail where it is left out. */
  readonly username?: string;
  /** What is told of the user. */
  readonly description?: string;
  /** Account-wide roles, within the allow-list VECTARA_ALLOWED_API_ROLES. */
  readonly api_roles?: readonly string[];
  /** Roles of single corpora, which Vectara judges. */
  readonly corpus_roles?: readonly {
    readonly corpus_key: string;
    readonly role: string;
  }[];
  /** Roles of single agents, which Vectara judges. */
  readonly agent_roles?: readonly {
    readonly agent_key: string;
    readonly role: string;
  }[];
}

/** `data.user` for scim. */
export interface ScimUser {
  /** What the user is created under, compared without regard to the case of A to Z. */
  readonly userName: string;
  readonly displayName?: string;
  /** Your own id of the user. */
  readonly externalId?: string;
  readonly title?: string;
  readonly userType?: string;
  readonly preferredLanguage?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly name?: {
    readonly formatted?: string;
    readonly familyName?: string;
    readonly givenName?: string;
    readonly middleName?: string;
    readonly honorificPrefix?: string;
    readonly honorificSuffix?: string;
  };
  readonly emails?: readonly {
    readonly value: string;
    readonly type?: string;
    readonly display?: string;
    readonly primary?: boolean;
  }[];
  readonly phoneNumbers?: readonly {
    readonly value: string;
    readonly type?: string;
    readonly display?: string;
    readonly primary?: boolean;
  }[];
  /** Whether the user may sign in. */
  readonly active?: boolean;
  /** Within the allow-list SCIM_ALLOWED_ROLES, by their value. */
  readonly roles?: readonly {
    readonly value: string;
    readonly type?: string;
    readonly display?: string;
    readonly primary?: boolean;
  }[];
  /** Within the allow-list SCIM_ALLOWED_ROLES, by their value. */
  readonly entitlements?: readonly {
    readonly value: string;
    readonly type?: string;
    readonly display?: string;
    readonly primary?: boolean;
  }[];
  /** The enterprise extension of RFC 7643. */
  readonly 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'?: {
    readonly employeeNumber?: string;
    readonly costCenter?: string;
    readonly organization?: string;
    readonly division?: string;
    readonly department?: string;
    readonly manager?: {
      readonly value: string;
      readonly displayName?: string;
    };
  };
  readonly [name: `urn:${string}`]: unknown;
}

/** `data.user` for litellm. */
export interface LitellmUser {
  /** Required. */
  readonly user_email: string;
  /** What the user is created under; derived from the e-mail where it is left out. */
  readonly user_id?: string;
  /** What the user is shown as. */
  readonly user_alias?: string;
  /** Within the allow-list LITELLM_ALLOWED_ROLES. */
  readonly user_role?: string;
  /** Models that the user may call; none stated: all. */
  readonly models?: readonly string[];
  /** Dollars that the user may spend. */
  readonly max_budget?: number;
  /** When the budget begins anew, 30d for example. */
  readonly budget_duration?: string;
  /** Tokens a minute. */
  readonly tpm_limit?: number;
  /** Requests a minute. */
  readonly rpm_limit?: number;
}

/** `data.user` by the provider. */
export interface ProviderUsers {
  readonly fireworks: FireworksUser;
  readonly vectara: VectaraUser;
  readonly scim: ScimUser;
  readonly litellm: LitellmUser;
}

/** The answer to a request whose user exists. */
export interface CompletedEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly subject?: string;
  readonly correlationid: string;
  readonly causationid: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly type: 'user.completed.v1';
  readonly data: {
    readonly request: {
      readonly id: string;
      readonly source: string;
      readonly time?: string;
    };
    readonly provider: string;
    readonly connection: string;
    readonly result: 'created' | 'existing';
    readonly user: {
      readonly id: string;
      readonly username?: string;
      readonly state?: string;
      readonly createdAt?: string;
    };
    readonly differences: readonly string[];
    readonly attempts: number;
  };
}

/** The answer to a request that ended without its user. */
export interface DeadLetteredEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly subject?: string;
  readonly correlationid?: string;
  readonly causationid?: string;
  readonly traceparent?: string;
  readonly tracestate?: string;
  readonly type: 'user.dead_lettered.v1';
  readonly data: {
    readonly request?: Readonly<Record<string, unknown>>;
    readonly body?: string;
    readonly provider?: string;
    readonly connection?: string;
    readonly failure: {
      readonly code: 'invalid_event' | 'unsupported_provider' | 'role_not_allowed' | 'request_expired' | 'user_conflict' | 'provider_rejected' | 'provider_unauthorized' | 'provider_not_found' | 'provider_capacity' | 'provider_throttled' | 'provider_unavailable' | 'provider_pending' | 'provider_invalid_response' | 'secret_unavailable' | 'secret_invalid' | 'out_of_time' | 'outcome_unpublished' | 'unexpected' | 'delivery_exhausted';
      readonly message: string;
      readonly exhausted: boolean;
      readonly httpStatus?: number;
      readonly providerCode?: string;
      readonly providerRequestId?: string;
      readonly issues?: readonly {
        readonly path: string;
        readonly message: string;
      }[];
      readonly differences?: readonly string[];
    };
    readonly remote: 'absent' | 'present' | 'unknown';
    readonly attempts: number;
    readonly origin: {
      readonly queueArn: string;
      readonly messageId: string;
      readonly sentAt?: string;
      readonly firstReceivedAt?: string;
    };
    readonly redrives: number;
  };
}
