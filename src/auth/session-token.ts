import { readOrMakeSecret } from "./secret-file.ts";

/** Who is logged in to the console and the JSON API: the one administrator. */
export const adminName = "admin";

/** The console's and the JSON API's sessions: signed tokens (RFC 7519, HS256), with nothing kept on the server. */
export interface SessionTokens {
  /** `expiresIn`: seconds. */
  issue(): Promise<{ token: string; expiresIn: number }>;
  /** Whether it was issued here, for this use, and has not expired. Never rejects: any other text is no token. */
  verify(token: string): Promise<boolean>;
}

const lifetimeSeconds = 12 * 60 * 60;
const issuer = "localaws";
const audience = "localaws-console";

/** The key is made with the first token and kept in `secretFile`, so that sessions outlive a restart. */
export function createSessionTokens(options: { secretFile: string; now: () => Date }): SessionTokens {
  let secret: Uint8Array | undefined;
  const key = () => {
    secret ??= readOrMakeSecret(options.secretFile);
    return secret;
  };
  return {
    async issue() {
      const issuedAt = Math.floor(options.now().getTime() / 1000);
      const { SignJWT } = await import("jose");
      const token = await new SignJWT()
        .setProtectedHeader({ alg: "HS256", typ: "JWT" })
        .setSubject(adminName)
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(key());
      return { token, expiresIn: lifetimeSeconds };
    },
    async verify(token) {
      const { jwtVerify } = await import("jose");
      // The algorithm is ours to choose: a token's own header could say `none`.
      const rules = { algorithms: ["HS256"], issuer, audience, subject: adminName, currentDate: options.now() };
      return jwtVerify(token, key(), { ...rules, requiredClaims: ["exp", "iat"] }).then(
        () => true,
        () => false,
      );
    },
  };
}
