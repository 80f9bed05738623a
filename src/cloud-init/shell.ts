/** A word for a POSIX shell that means exactly this text. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command that writes what is at a URL; it takes curl or wget, of which busybox's static one does not survive its own `-T`. */
export function fetching(url: string, headers: readonly (readonly [name: string, value: unknown])[] = []): string {
  const words = (option: string) =>
    headers.map(([name, value]) => `${option} ${quote(`${name}: ${String(value)}`)} `).join("");
  return `{ if command -v curl >/dev/null; then curl -fsSL -m 60 ${words("-H")}${quote(url)}; else timeout 60 wget -q -O - ${words("--header")}${quote(url)}; fi; }`;
}

/** A command that writes exactly these bytes; it takes nothing but the shell itself. */
export function printBytes(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  if (!text.includes("\0") && Buffer.from(text).equals(bytes)) return `printf %s ${quote(text)}`;
  // Octal escapes, a few hundred bytes a word.
  const words: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += 512) {
    const octal = [...bytes.subarray(offset, offset + 512)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`);
    words.push(`printf '${octal.join("")}'`);
  }
  return `{ ${words.join("; ")}; }`;
}
