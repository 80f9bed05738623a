import type { Config, ConfiguredCredential } from "../config.ts";

/** The key that clients on this machine use: `test`, unless it was taken away. */
export function clientCredential({ credentials }: Config): ConfiguredCredential | undefined {
  return credentials.find(({ accessKeyId }) => accessKeyId === "test") ?? credentials[0];
}
