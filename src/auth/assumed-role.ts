import { createHash } from "node:crypto";
import type { Principal } from "../aws/principal.ts";
import { base32 } from "./access-key-id.ts";

export interface RoleName {
  /** `aws` */
  readonly partition: string;
  readonly accountId: string;
  /** Without its path. */
  readonly name: string;
}

/** Who a session of a role is; `roleArn` is the role's own. */
export function assumedRole(role: RoleName, roleArn: string, sessionName: string): Principal {
  return {
    type: "assumed-role",
    accountId: role.accountId,
    arn: `arn:${role.partition}:sts::${role.accountId}:assumed-role/${role.name}/${sessionName}`,
    userId: `${roleId(roleArn)}:${sessionName}`,
    accessKeyId: "",
  };
}

/** The unique id of a role that nobody has created: always the same for an ARN. */
function roleId(arn: string): string {
  return `AROA${base32(createHash("sha256").update(arn).digest()).slice(0, 17)}`;
}
