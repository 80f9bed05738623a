import ssh2 from "ssh2";
import { keptFile } from "../kept-file.ts";

/**
 * The key by which clients know an SSH server again, in OpenSSH's format; made where there is none yet.
 * @throws Error for a file that holds no key
 */
export function readOrMakeHostKey(file: string): string {
  const key = keptFile(file, makeKey);
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) {
    throw new Error(`No key is in ${file} (${parsed.message}): remove the file, and LocalAWS makes a new one.`);
  }
  return key;
}

/** ssh2 leaves out a first byte of zero, which makes one key in 300 one that nothing can read. */
function makeKey(): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync("ed25519");
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key;
  }
}
