import type * as Ec2 from "@aws-sdk/client-ec2";
import type { ModifyNetworkInterfaceAttributeRequest } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { connectionTrackingOf } from "./connection-tracking.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  notFound,
} from "./errors.ts";
import { instances } from "./instances.ts";
import { assignPublicAddress, releaseAssignedAddress } from "./interface-associations.ts";
import { chooseInterfaceGroups } from "./interface-lifecycle.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { required } from "./required.ts";
import { findResource, getResource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

export const interfaceAttributeOperations = {
  async ModifyNetworkInterfaceAttribute(ctx, input) {
    const id = required(input.NetworkInterfaceId, "networkInterfaceId");
    const { NetworkInterfaceId: _, DryRun: __, ...changes } = input;
    if (Object.values(changes).filter((value) => value !== undefined).length > 1) {
      throw invalidParameterCombination("Fields for multiple attribute types specified");
    }
    await inTransaction(ctx, async (scope) => {
      const networkInterface = await getResource(scope, networkInterfaces, id);
      await change(scope, networkInterface, input);
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, networkInterfaces, networkInterface);
    });
    return {};
  },

  async DescribeNetworkInterfaceAttribute(ctx, input) {
    const id = required(input.NetworkInterfaceId, "networkInterfaceId");
    const found = await getResource(ctx, networkInterfaces, id);
    if (input.DryRun === true) throw dryRunOperation();
    switch (input.Attribute) {
      case undefined:
        throw missingParameter("attribute");
      case "description":
        return { NetworkInterfaceId: id, Description: { Value: found.Description } };
      case "groupSet":
        return { NetworkInterfaceId: id, Groups: found.Groups };
      case "sourceDestCheck":
        return { NetworkInterfaceId: id, SourceDestCheck: { Value: found.SourceDestCheck } };
      case "attachment":
        return { NetworkInterfaceId: id, ...(found.Attachment === undefined ? {} : { Attachment: found.Attachment }) };
      case "associatePublicIpAddress":
        return { NetworkInterfaceId: id, AssociatePublicIpAddress: found.Association !== undefined };
      default:
        throw invalidParameterValue(
          `Value (${String(input.Attribute)}) for parameter attribute is invalid. Unknown attribute.`,
        );
    }
  },

  async ResetNetworkInterfaceAttribute(ctx, input) {
    const id = required(input.NetworkInterfaceId, "networkInterfaceId");
    await inTransaction(ctx, async (scope) => {
      const networkInterface = await getResource(scope, networkInterfaces, id);
      if (input.SourceDestCheck === undefined) throw missingParameter("sourceDestCheck");
      if (input.DryRun === true) throw dryRunOperation();
      await changeSourceDestCheck(scope, networkInterface, true);
      await updateResource(scope, networkInterfaces, networkInterface);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

async function change(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  input: ModifyNetworkInterfaceAttributeRequest,
): Promise<void> {
  if (input.Description?.Value !== undefined) networkInterface.Description = input.Description.Value;
  if (input.SourceDestCheck?.Value !== undefined) {
    await changeSourceDestCheck(scope, networkInterface, input.SourceDestCheck.Value);
  }
  if (input.Groups !== undefined && input.Groups.length > 0) {
    const subnet = await getResource(scope, subnets, networkInterface.SubnetId ?? "");
    networkInterface.Groups = await chooseInterfaceGroups(scope, subnet, input.Groups);
  }
  if (input.Attachment !== undefined) {
    const { AttachmentId = "", DeleteOnTermination } = input.Attachment;
    const { Attachment } = networkInterface;
    if (Attachment === undefined || Attachment.AttachmentId !== AttachmentId) {
      throw notFound("InvalidAttachmentID.NotFound", "attachment ID", [AttachmentId]);
    }
    Attachment.DeleteOnTermination = DeleteOnTermination ?? Attachment.DeleteOnTermination;
  }
  if (input.AssociatePublicIpAddress === true) await assignPublicAddress(scope, networkInterface);
  if (input.AssociatePublicIpAddress === false) await releaseAssignedAddress(scope, networkInterface);
  if (input.ConnectionTrackingSpecification !== undefined) {
    networkInterface.ConnectionTrackingConfiguration = connectionTrackingOf(input.ConnectionTrackingSpecification);
  }
  if (input.EnablePrimaryIpv6 === true) {
    const [first] = networkInterface.Ipv6Addresses ?? [];
    if (first === undefined) {
      throw invalidParameterValue(
        `The network interface '${networkInterface.NetworkInterfaceId}' has no IPv6 address.`,
      );
    }
    first.IsPrimaryIpv6 = true;
  }
}

/** An instance shows the check of its primary interface. */
async function changeSourceDestCheck(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  value: boolean,
): Promise<void> {
  networkInterface.SourceDestCheck = value;
  const { Attachment } = networkInterface;
  if (Attachment?.InstanceId === undefined || Attachment.DeviceIndex !== 0) return;
  const instance = await findResource(scope, instances, Attachment.InstanceId);
  if (instance === undefined) return;
  instance.SourceDestCheck = value;
  await updateResource(scope, instances, instance);
}
