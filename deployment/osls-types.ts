/** What the plugins here use of osls, which has no types of its own. */
export interface Serverless {
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly processedInput: { readonly commands: readonly string[] };
  readonly service: {
    readonly service: string;
    readonly custom: { readonly problems: readonly string[] };
    readonly package: { artifactDirectoryName?: string };
    getAllFunctions(): string[];
    getFunction(name: string): { readonly package: { readonly artifact: string } };
  };
  getProvider(name: 'aws'): { getDeploymentPrefix(): string; getStage(): string };
}
