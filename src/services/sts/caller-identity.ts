import type * as Sts from "@aws-sdk/client-sts";
import { accountOfAccessKeyId } from "../../auth/access-key-id.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { validate } from "./constraints.ts";
import { invalidClientTokenId } from "./errors.ts";

export const callerIdentity = {
  async GetCallerIdentity({ principal }) {
    return { UserId: principal.userId, Account: principal.accountId, Arn: principal.arn };
  },

  /** Works, as on AWS, for keys that are not ours to know: the id itself holds the account. */
  async GetAccessKeyInfo({ credentials }, { AccessKeyId: id = "" }) {
    const known = await credentials.find(id);
    if (known !== undefined) return { Account: known.principal.accountId };
    validate(["accessKeyId", id, { min: 16, max: 128, pattern: "[\\w]*" }]);
    const account = accountOfAccessKeyId(id);
    if (account === undefined) throw invalidClientTokenId();
    return { Account: account };
  },
} satisfies Operations<typeof Sts, Context>;
