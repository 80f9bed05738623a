const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** The ten bytes behind the prefix begin with a set bit, forty bits of account number and seven that are free. */
const marker = 1n << 47n;
const accountMask = (1n << 40n) - 1n;

/**
 * An access key id as AWS makes them, `ASIA` or `AKIA` and 16 characters of base32 that hold the account number:
 * https://summitroute.com/blog/2018/06/20/aws_security_credential_formats/ ; `random`: 10 bytes.
 */
export function accessKeyId(prefix: "AKIA" | "ASIA", accountId: string, random: Uint8Array): string {
  const bytes = Buffer.from(random);
  const head = marker | ((BigInt(accountId) & accountMask) << 7n) | BigInt((bytes[5] ?? 0) & 0x7f);
  bytes.writeUIntBE(Number(head), 0, 6);
  return prefix + base32(bytes);
}

/** The account that an access key id of this form names; undefined where the text has another form. */
export function accountOfAccessKeyId(id: string): string | undefined {
  if (id.length !== 20 || !(id.startsWith("AKIA") || id.startsWith("ASIA"))) return undefined;
  let bits = 0n;
  for (const character of id.slice(4)) {
    const value = alphabet.indexOf(character);
    if (value < 0) return undefined;
    bits = (bits << 5n) | BigInt(value);
  }
  const head = bits >> 32n;
  // Ids of before 2019 have no account in them; they begin with a clear bit.
  if ((head & marker) === 0n) return undefined;
  const account = String((head >> 7n) & accountMask).padStart(12, "0");
  return account.length === 12 ? account : undefined;
}

/** Eight characters for each five bytes; a rest of fewer bits is left out. */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((value >> bits) & 31);
    }
  }
  return text;
}
