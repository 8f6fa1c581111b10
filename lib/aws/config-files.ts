/**
 * The configuration files of the SDK, of which a Lambda function has none. In the bundle this takes the place of the
 * SDK's search for them; settings come from the environment.
 */
export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });

export const CONFIG_PREFIX_SEPARATOR = '.';
