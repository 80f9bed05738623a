import type { Principal } from "../aws/principal.ts";
import { uniqueIdOf } from "./unique-id.ts";

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
    userId: `${uniqueIdOf("AROA", roleArn)}:${sessionName}`,
    accessKeyId: "",
  };
}
