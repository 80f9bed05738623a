import type * as Ec2 from "@aws-sdk/client-ec2";
import type { IdFormat } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { dryRunOperation, invalidParameterValue } from "./errors.ts";
import { required } from "./required.ts";
import { inTransaction } from "./scope.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeIdFormat.html */
const idTypes: readonly string[] = [
  "bundle",
  "conversion-task",
  "customer-gateway",
  "dhcp-options",
  "elastic-ip-allocation",
  "elastic-ip-association",
  "export-task",
  "flow-log",
  "image",
  "import-task",
  "instance",
  "internet-gateway",
  "network-acl",
  "network-acl-association",
  "network-interface",
  "network-interface-attachment",
  "prefix-list",
  "reservation",
  "route-table",
  "route-table-association",
  "security-group",
  "snapshot",
  "subnet",
  "subnet-cidr-block-association",
  "volume",
  "vpc",
  "vpc-cidr-block-association",
  "vpc-endpoint",
  "vpc-peering-connection",
  "vpn-connection",
  "vpn-gateway",
];

/** All ids are long ones, as on AWS since 2018: nothing changes that, and these operations say so. */
export const accountSettingOperations = {
  DescribeIdFormat: (_ctx, input) => ({ Statuses: formatsOf(input.Resource) }),

  DescribeIdentityIdFormat(_ctx, input) {
    required(input.PrincipalArn, "PrincipalArn");
    return { Statuses: formatsOf(input.Resource) };
  },

  DescribeAggregateIdFormat(_ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return { UseLongIdsAggregated: true, Statuses: formatsOf(undefined) };
  },

  DescribePrincipalIdFormat(ctx, input) {
    const statuses = (input.Resources?.length ? input.Resources : [undefined]).flatMap(formatsOf);
    if (input.DryRun === true) throw dryRunOperation();
    return { Principals: [{ Arn: `arn:aws:iam::${ctx.accountId}:root`, Statuses: statuses }] };
  },

  ModifyIdFormat(_ctx, input) {
    checkLong(input);
    return {};
  },

  ModifyIdentityIdFormat(_ctx, input) {
    required(input.PrincipalArn, "PrincipalArn");
    checkLong(input);
    return {};
  },

  async GetSerialConsoleAccessStatus(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    const enabled = (await readSetting(ctx, "serial-console-access")) ?? false;
    return { SerialConsoleAccessEnabled: enabled, ManagedBy: "account" };
  },

  async EnableSerialConsoleAccess(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "serial-console-access", true);
    return { SerialConsoleAccessEnabled: true };
  },

  async DisableSerialConsoleAccess(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "serial-console-access", false);
    return { SerialConsoleAccessEnabled: false };
  },

  async DescribeInstanceEventNotificationAttributes(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return { InstanceTagAttribute: (await readSetting(ctx, "event-notification-attributes")) ?? {} };
  },

  async RegisterInstanceEventNotificationAttributes(ctx, input) {
    const attribute = required(input.InstanceTagAttribute, "InstanceTagAttribute");
    return inTransaction(ctx, async (scope) => {
      const before = (await readSetting(scope, "event-notification-attributes")) ?? {};
      if (input.DryRun === true) throw dryRunOperation();
      const keys = new Set([...(before.InstanceTagKeys ?? []), ...(attribute.InstanceTagKeys ?? [])]);
      const after = {
        InstanceTagKeys: [...keys],
        IncludeAllTagsOfInstance: attribute.IncludeAllTagsOfInstance ?? before.IncludeAllTagsOfInstance ?? false,
      };
      await writeSetting(scope, "event-notification-attributes", after);
      return { InstanceTagAttribute: after };
    });
  },

  async DeregisterInstanceEventNotificationAttributes(ctx, input) {
    const attribute = required(input.InstanceTagAttribute, "InstanceTagAttribute");
    return inTransaction(ctx, async (scope) => {
      const before = (await readSetting(scope, "event-notification-attributes")) ?? {};
      if (input.DryRun === true) throw dryRunOperation();
      const gone = new Set(attribute.InstanceTagKeys);
      const after = {
        InstanceTagKeys: (before.InstanceTagKeys ?? []).filter((key) => !gone.has(key)),
        IncludeAllTagsOfInstance:
          attribute.IncludeAllTagsOfInstance === true ? false : (before.IncludeAllTagsOfInstance ?? false),
      };
      await writeSetting(scope, "event-notification-attributes", after);
      return { InstanceTagAttribute: after };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

function formatsOf(resource: string | undefined): IdFormat[] {
  if (resource !== undefined && !idTypes.includes(resource)) throw invalidType(resource);
  return idTypes
    .filter((name) => resource === undefined || name === resource)
    .map((Resource) => ({ Resource, UseLongIds: true }));
}

function checkLong(input: { Resource?: string | undefined; UseLongIds?: boolean | undefined }): void {
  const resource = required(input.Resource, "Resource");
  const long = required(input.UseLongIds, "UseLongIds");
  if (resource !== "all-current" && !idTypes.includes(resource)) throw invalidType(resource);
  if (!long) throw new AwsError("OptInNotAllowed", "The ID format of a resource cannot be set back to short IDs.");
}

function invalidType(resource: string) {
  return invalidParameterValue(`Value (${resource}) for parameter Resource is invalid.`);
}
