/**
 * Where an EC2 instance is, which a Lambda function is not: its region stands in the environment. In the bundle this
 * takes the place of the SDK's question for it.
 */
export const getInstanceMetadataRegion = async (): Promise<undefined> => undefined;
