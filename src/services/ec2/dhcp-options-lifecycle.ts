import { isIPv4, isIPv6 } from "node:net";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { DhcpConfiguration, NewDhcpConfiguration } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import { ownValue } from "../../aws/own-value.ts";
import type { Context } from "../service-context.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import {
  dependencyViolation,
  dryRunOperation,
  invalidParameterValue,
  malformed,
  missingParameter,
  notFound,
} from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import { deleteResources, findResource, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html; what a value may be: decision 0165. */
const maxValues: Readonly<Record<string, number>> = {
  "domain-name": Number.POSITIVE_INFINITY,
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
    if (input.DryRun === true) throw dryRunOperation();
    const DhcpConfigurations = configurationsOf(input.DhcpConfigurations ?? []);
    return inTransaction(ctx, async (scope) => {
      const options = { DhcpOptionsId: scope.newId("dopt"), OwnerId: scope.accountId, DhcpConfigurations };
      return { DhcpOptions: await insertTagged(scope, dhcpOptions, options, tags) };
    });
  },

  async AssociateDhcpOptions(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const id = required(input.DhcpOptionsId, "dhcpOptionsId");
    await inTransaction(ctx, async (scope) => {
      if (id !== none) {
        if (!id.startsWith("dopt-")) throw malformed("InvalidDhcpOptionsId.Malformed", id, "dopt");
        await getResource(scope, dhcpOptions, id);
      }
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
      if (!id.startsWith("dopt-")) {
        throw new AwsError("InvalidDhcpOptionsId.Malformed", `The dhcp-options ID '${id}' is malformed`);
      }
      if ((await findResource(scope, dhcpOptions, id)) === undefined) {
        throw notFound("InvalidDhcpOptionsID.NotFound", "dhcpOptions ID", [id]);
      }
      if (input.DryRun === true) throw dryRunOperation();
      if ((await listResources(scope, vpcs)).some((vpc) => vpc.DhcpOptionsId === id)) {
        throw dependencyViolation(`The dhcpOptions '${id}' has dependencies and cannot be deleted.`);
      }
      await deleteResources(scope, dhcpOptions, [id]);
    });
    return {};
  },
} satisfies Operations<typeof Ec2, Context>;

/** Several values may stand in one text, with commas between them, and under a key that is given again. */
function configurationsOf(given: readonly NewDhcpConfiguration[]): DhcpConfiguration[] {
  if (given.length === 0) throw missingParameter("dhcpConfigurations");
  const values = new Map<string, string[]>();
  for (const { Key = "", Values = [] } of given) {
    if (!Object.hasOwn(maxValues, Key)) {
      throw invalidParameterValue(`Value (${Key}) for parameter name is invalid. Unknown DHCP option`);
    }
    const more = Values.flatMap((value) => value.split(",").map((one) => one.trim()));
    values.set(Key, [...(values.get(Key) ?? []), ...more]);
  }
  return [...values].map(([Key, texts]) => {
    checkValues(Key, texts);
    return { Key, Values: texts.map((Value) => ({ Value })) };
  });
}

function checkValues(key: string, values: readonly string[]): void {
  if (values.length === 0 || values.includes("")) throw invalidOption(`empty string for '${key}' is not allowed`);
  if (values.length > (ownValue(maxValues, key) ?? 0)) throw invalidOption(values.join(","));
  const [first = ""] = values;
  switch (key) {
    case "domain-name": {
      const long = values.find((value) => value.length > maxDomainName);
      if (long !== undefined) throw invalidOption(long);
      break;
    }
    case "netbios-node-type": {
      // EC2 takes whatever a signed byte can be, not the four that the reference has alone.
      const type = Number(first);
      if (!/^-?\d+$/.test(first) || type < -128 || type > 127) throw invalidOption(first);
      break;
    }
    case "ipv6-address-preferred-lease-time": {
      if (!/^\d+$/.test(first)) throw invalidOption(`'${first}' for '${key}' is not allowed`);
      const seconds = Number(first);
      if (seconds < 140 || seconds > 2_147_483_647) throw invalidOption(`'${first}' for '${key}' is out of bounds`);
      break;
    }
    default: {
      const bad = values.find((value) => !isServer(key, value));
      if (bad !== undefined) throw invalidOption(bad);
    }
  }
}

/** An option of DHCP has a byte for its length. */
const maxDomainName = 255;

function invalidOption(value: string) {
  return invalidParameterValue(`Value (${value}) for parameter value is invalid. Invalid DHCP option value.`);
}

/** https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html: addresses, of IPv4 alone for NetBIOS. */
function isServer(key: string, value: string): boolean {
  if (key === "domain-name-servers" && value === "AmazonProvidedDNS") return true;
  return isIPv4(value) || (key !== "netbios-name-servers" && isIPv6(value));
}
