/**
 * Which account-wide roles a request may ask for: a parameter for each provider, with the variable that the function
 * reads it from.
 */
export const allowLists = {
  fireworksAllowedRoles: {
    variable: 'FIREWORKS_ALLOWED_ROLES',
    default: ['user', 'contributor', 'inference-user', 'custom'],
    why: 'Account-wide roles that a request may ask for: all that cannot administer the account itself.',
  },
  vectaraAllowedApiRoles: {
    variable: 'VECTARA_ALLOWED_API_ROLES',
    default: [
      'corpus_administrator',
      'corpus_developer',
      'corpus_viewer',
      'agent_administrator',
      'agent_developer',
      'agent_viewer',
      'agent_user',
      'pipeline_administrator',
      'pipeline_viewer',
      'viewer',
    ],
    why: 'The same for Vectara.',
  },
  scimAllowedRoles: {
    variable: 'SCIM_ALLOWED_ROLES',
    default: [],
    why: 'The same for the roles and entitlements at SCIM servers, by their value. None at first, as each server has its own; name those too that a server gives every user by itself, or its users are taken for somebody with more rights.',
  },
  litellmAllowedRoles: {
    variable: 'LITELLM_ALLOWED_ROLES',
    default: ['internal_user', 'internal_user_viewer'],
    why: 'The same for LiteLLM: all but those of the proxy itself.',
  },
} as const;

export type AllowList = keyof typeof allowLists;

export const allowListNames = Object.keys(allowLists) as AllowList[];
