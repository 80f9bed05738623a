import type * as Ec2 from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { kmsKeyArn } from "../../aws/kms-key.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { dryRunOperation } from "./errors.ts";
import { required } from "./required.ts";
import type { Scope } from "./scope.ts";

/** The key that AWS has for every account. */
const managedAlias = "alias/aws/ebs";

export const ebsEncryptionOperations = {
  async EnableEbsEncryptionByDefault(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "ebs-encryption", "true");
    return { EbsEncryptionByDefault: true };
  },

  async DisableEbsEncryptionByDefault(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "ebs-encryption", "false");
    return { EbsEncryptionByDefault: false };
  },

  async GetEbsEncryptionByDefault(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return { EbsEncryptionByDefault: await isEncryptedByDefault(ctx), SseType: "none" };
  },

  async GetEbsDefaultKmsKeyId(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return { KmsKeyId: (await readSetting(ctx, "ebs-kms-key")) ?? managedAlias };
  },

  async ModifyEbsDefaultKmsKeyId(ctx, input) {
    const KmsKeyId = kmsKeyArn(ctx, required(input.KmsKeyId, "KmsKeyId"));
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "ebs-kms-key", KmsKeyId);
    return { KmsKeyId };
  },

  async ResetEbsDefaultKmsKeyId(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "ebs-kms-key", managedAlias);
    return { KmsKeyId: kmsKeyArn(ctx, managedAlias) };
  },
} satisfies Operations<typeof Ec2, Context>;

async function isEncryptedByDefault(scope: Scope): Promise<boolean> {
  return (await readSetting(scope, "ebs-encryption")) === "true";
}

/** Whether and by which key something new is encrypted; what comes from something encrypted is too. @throws AwsError */
export async function encryptionOf(
  scope: Scope,
  asked: { Encrypted?: boolean | undefined; KmsKeyId?: string | undefined },
  source?: { Encrypted?: boolean | undefined; KmsKeyId?: string | undefined },
): Promise<{ Encrypted: boolean; KmsKeyId?: string }> {
  if (asked.KmsKeyId && asked.Encrypted !== true) {
    throw new AwsError(
      "InvalidParameterDependency",
      "The parameter [KmsKeyId] requires the parameter Encrypted to be set.",
    );
  }
  const encrypted = asked.Encrypted === true || source?.Encrypted === true || (await isEncryptedByDefault(scope));
  if (!encrypted) return { Encrypted: false };
  const key = asked.KmsKeyId || source?.KmsKeyId || (await readSetting(scope, "ebs-kms-key")) || managedAlias;
  return { Encrypted: true, KmsKeyId: kmsKeyArn(scope, key) };
}
