/** Strings as SSH writes them: https://www.rfc-editor.org/rfc/rfc4251#section-5 */
export function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Of a positive number in base64url. A leading zero byte keeps one with its highest bit set from being negative. */
export function sshMpint(value: string): Buffer {
  const bytes = Buffer.from(value, "base64url");
  return sshString((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
