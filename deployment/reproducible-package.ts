import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Serverless } from './osls-types.ts';

/**
 * A plugin that makes `osls package` give the same bytes each time: the folder that the zips are to be uploaded to is
 * named after what is in them, not after the time. `osls deploy` keeps names of its own, by which it tells old from new.
 */
export default class ReproduciblePackage {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor(serverless: Serverless) {
    const nameFolder = () => nameFolderAfterContent(serverless);
    this.hooks = isPackaging(serverless) ? { 'before:package:compileFunctions': nameFolder } : {};
  }
}

const isPackaging = (serverless: Serverless) => serverless.processedInput.commands.join(' ') === 'package';

async function nameFolderAfterContent(serverless: Serverless): Promise<void> {
  const { service } = serverless;
  const provider = serverless.getProvider('aws');
  const hash = createHash('sha256');
  for (const name of service.getAllFunctions()) {
    hash.update(await readFile(service.getFunction(name).package.artifact));
  }
  const folder = [provider.getDeploymentPrefix(), service.service, provider.getStage(), hash.digest('hex')];
  service.package.artifactDirectoryName = folder.join('/');
}
