/**
 * Hashes in JavaScript, which Lambda has no need of, as it has `node:crypto`. In the bundle these take the place of the
 * SDK's own, which each cold start would load.
 */
class NoHash {
  constructor() {
    throw new Error('There is no node:crypto');
  }
}

export { NoHash as Md5Js, NoHash as Sha256Js };
