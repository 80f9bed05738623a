import type { ImageCriterion, InternetGatewayBlockMode, Subscription } from "@aws-sdk/client-ec2";
import type { Scope } from "./scope.ts";

/** The choices that an account makes for a region, by name; the value is JSON. */
interface Settings {
  "allowed-images": { state: "enabled" | "audit-mode" | "disabled"; criteria?: ImageCriterion[] | undefined };
  "ebs-encryption": string;
  "ebs-kms-key": string;
  "image-public-access": string;
  "snapshot-public-access": string;
  "datafeed-subscription": { Bucket: string; Prefix?: string | undefined };
  "default-credit-specification": Partial<Record<string, string>>;
  "event-notification-attributes": { IncludeAllTagsOfInstance?: boolean; InstanceTagKeys?: string[] };
  "instance-metadata-defaults": {
    HttpTokens?: string;
    HttpPutResponseHopLimit?: number;
    HttpEndpoint?: string;
    InstanceMetadataTags?: string;
    HttpTokensEnforced?: string;
  };
  "long-ids": Partial<Record<string, boolean>>;
  "network-performance-subscriptions": Subscription[];
  "serial-console-access": boolean;
  "vpc-block-public-access": { mode: InternetGatewayBlockMode; changedAt: string };
}

export async function readSetting<Name extends keyof Settings>(
  scope: Scope,
  name: Name,
): Promise<Settings[Name] | undefined> {
  const row = await scope.db
    .selectFrom("ec2_account_settings")
    .select("value")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("name", "=", name)
    .executeTakeFirst();
  // `writeSetting` wrote it.
  return row === undefined ? undefined : (JSON.parse(row.value) as Settings[Name]);
}

export async function writeSetting<Name extends keyof Settings>(
  scope: Scope,
  name: Name,
  value: Settings[Name],
): Promise<void> {
  const text = JSON.stringify(value);
  await scope.db
    .insertInto("ec2_account_settings")
    .values({ account_id: scope.accountId, region: scope.region, name, value: text })
    .onConflict((conflict) => conflict.columns(["account_id", "region", "name"]).doUpdateSet({ value: text }))
    .execute();
}

export async function deleteSetting(scope: Scope, name: keyof Settings): Promise<void> {
  await scope.db
    .deleteFrom("ec2_account_settings")
    .where("account_id", "=", scope.accountId)
    .where("region", "=", scope.region)
    .where("name", "=", name)
    .execute();
}
