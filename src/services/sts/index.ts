import type { Service } from "../service.ts";

/**
 * STS: who a key belongs to, and temporary credentials. Those of AssumeRole, GetSessionToken and GetFederationToken
 * are accepted by every service until they expire, and survive a restart.
 *
 * **Gaps**
 * - AssumeRoleWithSAML, AssumeRoleWithWebIdentity, AssumeRoot.
 * - Session policies and tags are checked for form and then forgotten: nothing is denied to a session.
 *
 * **By design**
 * - A role need not exist, trusts everyone and allows the longest session, until IAM is emulated; its id is derived
 *   from its ARN.
 * - The root key may assume roles, which AWS refuses it: it is the key that everyone has here.
 * - Sessions of the root key may last as long as a user's; AWS allows them an hour.
 * - Codes of MFA devices are checked for form only: there are no devices.
 * - GetAccessKeyInfo also answers for configured keys that are shorter than AWS's.
 *
 * **Client quirks**
 * - A session token beside a lasting key (`AWS_SESSION_TOKEN=test`) is refused, as AWS does: leave it unset.
 */
export const sts: Service = {
  name: "sts",
  protocol: "awsQuery",
  apiVersion: "2011-06-15",
  xmlNamespace: "https://sts.amazonaws.com/doc/2011-06-15/",
  missingMemberCode: "ValidationError",
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-sts"), import("./operations.ts")]);
    return { sdk, operations };
  },
};
