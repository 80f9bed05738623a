import { timingSafeEqual } from "node:crypto";

/** A line of `authorized_keys` that a key is in: https://man.openbsd.org/sshd.8#AUTHORIZED_KEYS_FILE_FORMAT */
export interface AuthorizedKey {
  /** What is run whatever the client asks for: `command="…"` before the key. */
  readonly command?: string | undefined;
  /** `no-port-forwarding` or `restrict`. */
  readonly forwards: boolean;
}

/** The first line with the key, `ssh-ed25519 AAAA…`; a line may have options before its key and a comment after it. */
export function findKey(lines: readonly string[], offered: string): AuthorizedKey | undefined {
  for (const line of lines) {
    const match = /^(.*?)((?:ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/=]+)(?:\s|$)/.exec(line);
    const [, options = "", key] = match ?? [];
    if (key === undefined || !isSame(key, offered)) continue;
    const command = /(?:^|,)command="((?:[^"\\]|\\.)*)"/i.exec(options)?.[1]?.replaceAll('\\"', '"');
    const flags = options
      .replace(/"(?:[^"\\]|\\.)*"/g, "")
      .trim()
      .toLowerCase()
      .split(",");
    return { command, forwards: !flags.some((flag) => flag === "no-port-forwarding" || flag === "restrict") };
  }
  return undefined;
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
