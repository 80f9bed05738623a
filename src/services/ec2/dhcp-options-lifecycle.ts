import { isIPv4, isIPv6 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { DhcpConfiguration, NewDhcpConfiguration } from "@aws-sdk/client-ec2";
import type { Operations } from "../../aws/operations.ts";
import { ownValue } from "../../aws/own-value.ts";
import type { Context } from "../service-context.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import { dependencyViolation, dryRunOperation, invalidParameterValue, malformed } from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html */
const maxValues: Readonly<Record<string, number>> = {
  "domain-name": 1,
  "domain-name-servers": 4,
  "ipv6-address-preferred-lease-time": 1,
  "netbios-name-servers": 4,
  "netbios-node-type": 1,
  "ntp-servers": 8,
};

/** What AssociateDhcpOptions calls having no options. */
const none = "default";

export const dhcpOptionsLifecycleOperations = {
  async CreateDhcpOptions(ctx, input) {
    const tags = tagsForNew(input.TagSpecifications, "dhcp-options");
    const DhcpConfigurations = required(input.DhcpConfigurations, "dhcpConfiguration").map(checkConfiguration);
    if (input.DryRun === true) throw dryRunOperation();
    return inTransaction(ctx, async (scope) => {
      const options = { DhcpOptionsId: scope.newId("dopt"), OwnerId: scope.accountId, DhcpConfigurations };
      return { DhcpOptions: await insertTagged(scope, dhcpOptions, options, tags) };
    });
  },

  async AssociateDhcpOptions(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const id = required(input.DhcpOptionsId, "dhcpOptionsId");
    await inTransaction(ctx, async (scope) => {
      if (id !== none) await getResource(scope, dhcpOptions, id);
      const vpc = await getResource(scope, vpcs, vpcId);
      if (input.DryRun === true) throw dryRunOperation();
      vpc.DhcpOptionsId = id;
      await updateResource(scope, vpcs, vpc);
    });
    return {};
  },

  async DeleteDhcpOptions(ctx, input) {
    const id = required(input.DhcpOptionsId, "dhcpOptionsId");
    await inTransaction(ctx, async (scope) => {
      // This operation alone has a code of its own for what is no id of options.
      if (!id.startsWith("dopt-")) throw malformed("InvalidDhcpOptionsId.Malformed", id, "dopt");
      await getResource(scope, dhcpOptions, id);
      if ((await listResources(scope, vpcs)).some((vpc) => vpc.DhcpOptionsId === id)) {
        throw dependencyViolation(`The dhcpOptions '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, dhcpOptions, [id]);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

function checkConfiguration({ Key = "", Values = [] }: NewDhcpConfiguration): DhcpConfiguration {
  const limit = ownValue(maxValues, Key);
  if (limit === undefined) {
    throw invalidParameterValue(`Value (${Key}) for parameter name is invalid. Unknown DHCP option`);
  }
  // Several values may stand in one text, with commas between them.
  const values = Values.flatMap((value) =>
    Key === "domain-name" ? [value] : value.split(",").map((one) => one.trim()),
  );
  if (values.length === 0 || values.length > limit) {
    throw invalidParameterValue(
      `Value (${values.join(",")}) for parameter ${Key} is invalid. Give 1 to ${limit} values`,
    );
  }
  const bad = Key.endsWith("-servers") ? values.find((value) => !isServer(Key, value)) : undefined;
  if (bad !== undefined) throw invalidParameterValue(`Value (${bad}) for parameter ${Key} is invalid. Invalid address`);
  if (Key === "netbios-node-type" && !["1", "2", "4", "8"].includes(values[0] ?? "")) {
    throw invalidParameterValue(
      `Value (${values[0]}) for parameter value is invalid. Must be one of 1, 2, 4, 8. Invalid NetBIOS node type`,
    );
  }
  return { Key, Values: values.map((Value) => ({ Value })) };
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html: addresses, of IPv4 alone for NetBIOS. */
function isServer(key: string, value: string): boolean {
  if (key === "domain-name-servers" && value === "AmazonProvidedDNS") return true;
  return isIPv4(value) || (key !== "netbios-name-servers" && isIPv6(value));
}
