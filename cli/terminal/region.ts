import { InputError } from './arguments.ts';

const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;

/** Never one that nobody has named. The AWS CLI takes AWS_DEFAULT_REGION before the profile, and so do we. */
export async function regionFrom(
  named: string | undefined,
  ofProfile: () => Promise<string | undefined>,
): Promise<string> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  // To the SDK an empty one is a region all the same.
  if (AWS_REGION === '') delete process.env.AWS_REGION;
  const found = named ?? (AWS_REGION || AWS_DEFAULT_REGION || (await ofProfile()));
  if (found === undefined)
    throw new InputError('Say which region: --region eu-central-1, or set AWS_REGION.');
  if (REGION.test(found)) return found;
  throw new InputError(`"${found}" is no region of AWS; one is named like eu-central-1.`);
}
