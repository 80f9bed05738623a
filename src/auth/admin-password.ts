import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** Whether a password is the administrator's. */
export type PasswordCheck = (given: string) => Promise<boolean>;

const keyBytes = 32;
/** About 60 ms of a core and 16 MiB a try (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt). */
const cost = { N: 2 ** 14, r: 8, p: 5 };

/** Compares scrypt hashes in constant time. The password's own hash is made at the first try: the start does not wait for it. */
export function createPasswordCheck(password: string): PasswordCheck {
  const salt = randomBytes(16);
  let expected: Promise<Buffer> | undefined;
  return async (given) => {
    expected ??= derive(password, salt);
    const [ours, theirs] = await Promise.all([expected, derive(given, salt)]);
    return timingSafeEqual(ours, theirs);
  };
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFC"), salt, keyBytes, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
