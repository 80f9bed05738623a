import type { ServiceContext } from "../service-context.ts";
import type { ServiceObjects } from "../service-objects.ts";

/** Objects of other services, written as S3 writes its own. `ctx` is asked for when there is something to do. */
export function deliveredObjects(ctx: () => ServiceContext): ServiceObjects {
  const find = (accountId: string, name: string) =>
    ctx()
      .db.selectFrom("buckets")
      .selectAll()
      .where("name", "=", name)
      .where("account_id", "=", accountId)
      .executeTakeFirst();
  return {
    async hasBucket(accountId, name) {
      return (await find(accountId, name)) !== undefined;
    },
    async get(accountId, name, key) {
      const bucket = await find(accountId, name);
      const { readServiceObject } = await import("./service-objects.ts");
      return bucket && readServiceObject(ctx(), bucket, key);
    },
    async put(accountId, { bucket: name, key, body, contentType, kmsKeyId, tags }) {
      const bucket = await find(accountId, name);
      if (bucket === undefined) return false;
      const { writeServiceObject } = await import("./service-objects.ts");
      const encryption =
        kmsKeyId === undefined
          ? ({ ServerSideEncryption: "AES256" } as const)
          : ({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: kmsKeyId } as const);
      await writeServiceObject(ctx(), bucket, { key, body, contentType, acl: null, encryption, ...(tags && { tags }) });
      return true;
    },
  };
}
