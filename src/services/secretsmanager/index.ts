import type { Service } from "../service.ts";

/**
 * Secrets Manager: secrets with their versions and labels, such as the Data API takes, and those in which RDS keeps the master
 * passwords that it manages.
 *
 * **Gaps**
 * - Rotation by functions, secrets of external services.
 *
 * **By design**
 * - Resource policies are checked and given back. They decide nothing: every key of an account may do everything.
 * - Values are kept as they are in the metadata of the data folder, which only the user that LocalAWS runs as may read; there is
 *   no KMS that would encrypt them, and `KmsKeyId` is given back.
 * - Replicas in other regions are in sync at once: docs/decisions/0174-replicas-of-secrets.md.
 * - What RDS manages it rotates every seven days, or when RotateSecret asks for it, within a minute.
 * - A secret of RDS's goes with the instance or the cluster that it belongs to, at once, and is changed by RDS's own operations.
 */
export const secretsManager: Service = {
  name: "secretsmanager",
  protocol: "awsJson1_1",
  apiVersion: "2017-10-17",
  targetPrefix: "secretsmanager",
  async load() {
    const [sdk, { operations }] = await Promise.all([
      import("@aws-sdk/client-secrets-manager"),
      import("./operations.ts"),
    ]);
    return { sdk, operations };
  },
};
