import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NetworkInterfacePermission, NetworkInterfacePermissionStateCode } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
  notFound,
} from "./errors.ts";
import { networkInterfaces } from "./network-interfaces.ts";
import { deleteResources, getResource, insertResource, listResources, type Resource } from "./resource.ts";
import { inTransaction } from "./scope.ts";

/** Permissions have no tags of their own. */
export const networkInterfacePermissions: Resource<NetworkInterfacePermission> = {
  table: "ec2_network_interface_permissions",
  prefix: "eni-perm",
  type: "network-interface",
  idOf: (permission) => permission.NetworkInterfacePermissionId ?? "",
  columnsOf: (permission) => ({ network_interface_id: permission.NetworkInterfaceId ?? "" }),
  tagsOf: () => undefined,
  setTags: () => undefined,
  filters: pathFilters<NetworkInterfacePermission>()({
    "network-interface-permission.network-interface-permission-id": "NetworkInterfacePermissionId",
    "network-interface-permission.network-interface-id": "NetworkInterfaceId",
    "network-interface-permission.aws-account-id": "AwsAccountId",
    "network-interface-permission.aws-service": "AwsService",
    "network-interface-permission.permission": "Permission",
  }),
  columnFilters: { "network-interface-permission.network-interface-id": "network_interface_id" },
  malformed: (id) => malformed("InvalidPermissionID.Malformed", id, "eni-perm"),
  notFound: (ids) => notFound("InvalidPermissionID.NotFound", "network interface permission ID", ids),
};

export const interfacePermissionOperations = {
  async CreateNetworkInterfacePermission(ctx, input) {
    const { NetworkInterfaceId, Permission, AwsAccountId, AwsService } = input;
    if (NetworkInterfaceId === undefined) throw missingParameter("networkInterfaceId");
    if (Permission === undefined) throw missingParameter("permission");
    if (Permission !== "INSTANCE-ATTACH" && Permission !== "EIP-ASSOCIATE") {
      throw invalidParameterValue(`Value (${String(Permission)}) for parameter permission is invalid.`);
    }
    if (AwsAccountId === undefined && AwsService === undefined) throw missingParameter("awsAccountId");
    if (AwsAccountId !== undefined && AwsService !== undefined) {
      throw invalidParameterCombination("The parameters awsAccountId and awsService cannot be used together");
    }
    return inTransaction(ctx, async (scope) => {
      await getResource(scope, networkInterfaces, NetworkInterfaceId);
      const there = await listResources(scope, networkInterfacePermissions, {
        network_interface_id: NetworkInterfaceId,
      });
      if (there.some((other) => other.AwsAccountId === AwsAccountId && other.Permission === Permission)) {
        throw new AwsError("InvalidPermission.Duplicate", "The specified permission already exists");
      }
      if (input.DryRun === true) throw dryRunOperation();
      const InterfacePermission: NetworkInterfacePermission = {
        NetworkInterfacePermissionId: scope.newId("eni-perm"),
        NetworkInterfaceId,
        Permission,
        ...(AwsAccountId === undefined ? { AwsService } : { AwsAccountId }),
        // In capitals, other than the model has it: Terraform waits for it.
        PermissionState: { State: "GRANTED" as NetworkInterfacePermissionStateCode },
      };
      await insertResource(scope, networkInterfacePermissions, InterfacePermission);
      return { InterfacePermission };
    });
  },

  async DeleteNetworkInterfacePermission(ctx, input) {
    const id = input.NetworkInterfacePermissionId;
    if (id === undefined) throw missingParameter("networkInterfacePermissionId");
    await getResource(ctx, networkInterfacePermissions, id);
    if (input.DryRun === true) throw dryRunOperation();
    await deleteResources(ctx, networkInterfacePermissions, [id]);
    return { Return: true };
  },

  async DescribeNetworkInterfacePermissions(ctx, input) {
    const page = await describeResources(ctx, networkInterfacePermissions, input, {
      ids: input.NetworkInterfacePermissionIds,
      limits: { min: 5, max: 255 },
    });
    return { NetworkInterfacePermissions: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
