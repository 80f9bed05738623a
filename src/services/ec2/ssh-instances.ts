import { defaultUserFile, usualUsers } from "../../cloud-init/default-user.ts";
import type { ServiceContext } from "../service-context.ts";
import type { StoredInstance } from "./instances.ts";

/** What an SSH gateway asks for: instances of every account and region that run or are about to, with the keys that let in. */
export function sshInstances({ db }: ServiceContext) {
  const toAccess = ({ data }: { data: string }) => {
    // What the table holds are instances.
    const { InstanceId = "", SshPublicKey, State } = JSON.parse(data) as StoredInstance;
    return { id: InstanceId, publicKey: SshPublicKey, isRunning: State.Name === "running" };
  };
  return {
    defaultUsers: { names: usualUsers, file: defaultUserFile },
    async find(id: string) {
      const row = await db
        .selectFrom("instances")
        .select("data")
        .where("id", "=", id)
        .where("state", "in", ["pending", "running"])
        .executeTakeFirst();
      return row && toAccess(row);
    },
    async withKey(publicKey: string) {
      const rows = await db
        .selectFrom("instances")
        .select("data")
        .where("state", "in", ["pending", "running"])
        .where("data", "like", `%${publicKey}%`)
        .execute();
      return rows.map(toAccess).filter((instance) => instance.publicKey?.startsWith(publicKey) === true);
    },
  };
}
