import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Lambda hands credentials over in the environment and nowhere else. In the bundle this takes the place of the SDK's
 * search through profiles, SSO, web identities and instance metadata, none of which is ever tried there.
 */
export const defaultProvider = () => fromEnv();
