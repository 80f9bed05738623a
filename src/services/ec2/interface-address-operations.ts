import type * as Ec2 from "@aws-sdk/client-ec2";
import type { Subnet } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { invalidParameterCombination, invalidParameterValue, missingParameter } from "./errors.ts";
import { getInstanceType } from "./instance-types.ts";
import { instances } from "./instances.ts";
import {
  chooseIpv4,
  chooseIpv4Prefixes,
  chooseIpv6,
  chooseIpv6Prefixes,
  readSubnetUse,
} from "./interface-addresses.ts";
import { disassociateInterface } from "./interface-associations.ts";
import { canonicalIpv6 } from "./ipv6.ts";
import { networkInterfaces, type StoredNetworkInterface } from "./network-interfaces.ts";
import { privateDnsName } from "./new-interface.ts";
import { required } from "./required.ts";
import { findResource, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";

export const interfaceAddressOperations = {
  async AssignPrivateIpAddresses(ctx, input) {
    const asked = input.PrivateIpAddresses ?? [];
    const count = input.SecondaryPrivateIpAddressCount ?? 0;
    const prefixes = input.Ipv4Prefixes ?? [];
    const prefixCount = input.Ipv4PrefixCount ?? 0;
    if (asked.length > 0 && count > 0) {
      throw invalidParameterCombination(
        "You may specify secondaryPrivateIpAddressCount or specific private IP addresses, but not both in the same call",
      );
    }
    if (asked.length + count + prefixes.length + prefixCount === 0) {
      throw missingParameter("privateIpAddresses or secondaryPrivateIpAddressCount");
    }
    return changeInterface(ctx, input, async (scope, networkInterface, subnet) => {
      const NetworkInterfaceId = networkInterfaces.idOf(networkInterface);
      const own = new Set((networkInterface.PrivateIpAddresses ?? []).map((one) => one.PrivateIpAddress));
      if (input.AllowReassignment === true) await takeFromOthers(scope, networkInterface, asked);
      const use = await readSubnetUse(scope, subnets.idOf(subnet));
      const added = chooseIpv4(
        subnet,
        use,
        asked.filter((one) => !own.has(one)),
        count,
      );
      await checkLimit(scope, networkInterface, added.length);
      networkInterface.PrivateIpAddresses?.push(
        ...added.map((PrivateIpAddress) => ({
          Primary: false,
          PrivateIpAddress,
          ...(networkInterface.PrivateDnsName === undefined
            ? {}
            : { PrivateDnsName: privateDnsName(scope.region, PrivateIpAddress) }),
        })),
      );
      const taken = { ...use, addresses: new Set([...use.addresses, ...added]) };
      const addedPrefixes = chooseIpv4Prefixes(subnet, taken, prefixes, prefixCount).map((Ipv4Prefix) => ({
        Ipv4Prefix,
      }));
      if (addedPrefixes.length > 0) {
        networkInterface.Ipv4Prefixes = [...(networkInterface.Ipv4Prefixes ?? []), ...addedPrefixes];
      }
      return {
        NetworkInterfaceId,
        AssignedPrivateIpAddresses: added.map((PrivateIpAddress) => ({ PrivateIpAddress })),
        ...(addedPrefixes.length > 0 ? { AssignedIpv4Prefixes: addedPrefixes } : {}),
      };
    });
  },

  async UnassignPrivateIpAddresses(ctx, input) {
    const addresses = input.PrivateIpAddresses ?? [];
    const prefixes = input.Ipv4Prefixes ?? [];
    if (addresses.length + prefixes.length === 0) throw missingParameter("privateIpAddresses");
    return changeInterface(ctx, input, async (scope, networkInterface) => {
      const there = networkInterface.PrivateIpAddresses ?? [];
      const secondary = there.filter(({ Primary }) => Primary !== true).map((one) => one.PrivateIpAddress);
      const unknown = [
        ...addresses.filter((address) => !secondary.includes(address)),
        ...prefixes.filter((one) => !networkInterface.Ipv4Prefixes?.some(({ Ipv4Prefix }) => Ipv4Prefix === one)),
      ];
      if (unknown.length > 0) {
        throw invalidParameterValue(
          `Some of the specified addresses are not assigned to interface ${networkInterface.NetworkInterfaceId}`,
        );
      }
      await disassociateInterface(scope, networkInterface, addresses);
      networkInterface.PrivateIpAddresses = there.filter((one) => !addresses.includes(one.PrivateIpAddress ?? ""));
      networkInterface.Ipv4Prefixes = networkInterface.Ipv4Prefixes?.filter(
        ({ Ipv4Prefix }) => !prefixes.includes(Ipv4Prefix ?? ""),
      );
      return {};
    });
  },

  async AssignIpv6Addresses(ctx, input) {
    const asked = input.Ipv6Addresses ?? [];
    const count = input.Ipv6AddressCount ?? 0;
    const prefixes = input.Ipv6Prefixes ?? [];
    const prefixCount = input.Ipv6PrefixCount ?? 0;
    if (asked.length > 0 && count > 0) {
      throw invalidParameterCombination("You may specify ipv6AddressCount or specific IPv6 addresses, but not both");
    }
    if (asked.length + count + prefixes.length + prefixCount === 0) throw missingParameter("ipv6Addresses");
    return changeInterface(ctx, input, async (scope, networkInterface, subnet) => {
      const use = await readSubnetUse(scope, subnets.idOf(subnet));
      const added = chooseIpv6(scope, subnet, use, { asked, count });
      const addedPrefixes = chooseIpv6Prefixes(subnet, use, prefixes, prefixCount);
      networkInterface.Ipv6Addresses = [
        ...(networkInterface.Ipv6Addresses ?? []),
        ...added.map((Ipv6Address) => ({ Ipv6Address, IsPrimaryIpv6: false })),
      ];
      showFirstIpv6(networkInterface);
      if (addedPrefixes.length > 0) {
        networkInterface.Ipv6Prefixes = [
          ...(networkInterface.Ipv6Prefixes ?? []),
          ...addedPrefixes.map((Ipv6Prefix) => ({ Ipv6Prefix })),
        ];
      }
      return {
        NetworkInterfaceId: networkInterface.NetworkInterfaceId,
        AssignedIpv6Addresses: added,
        ...(addedPrefixes.length > 0 ? { AssignedIpv6Prefixes: addedPrefixes } : {}),
      };
    });
  },

  async UnassignIpv6Addresses(ctx, input) {
    const addresses = (input.Ipv6Addresses ?? []).map((address) => canonicalIpv6(address) ?? address);
    const prefixes = input.Ipv6Prefixes ?? [];
    if (addresses.length + prefixes.length === 0) throw missingParameter("ipv6Addresses");
    return changeInterface(ctx, input, async (_scope, networkInterface) => {
      const there = networkInterface.Ipv6Addresses ?? [];
      const unknown = addresses.find((address) => !there.some(({ Ipv6Address }) => Ipv6Address === address));
      const unknownPrefix = prefixes.find(
        (prefix) => !networkInterface.Ipv6Prefixes?.some(({ Ipv6Prefix }) => Ipv6Prefix === prefix),
      );
      if (unknown !== undefined || unknownPrefix !== undefined) {
        throw invalidParameterValue(
          `Some of the specified addresses are not assigned to interface ${networkInterface.NetworkInterfaceId}`,
        );
      }
      networkInterface.Ipv6Addresses = there.filter(({ Ipv6Address }) => !addresses.includes(Ipv6Address ?? ""));
      networkInterface.Ipv6Prefixes = networkInterface.Ipv6Prefixes?.filter(
        ({ Ipv6Prefix }) => !prefixes.includes(Ipv6Prefix ?? ""),
      );
      showFirstIpv6(networkInterface);
      return {
        NetworkInterfaceId: networkInterface.NetworkInterfaceId,
        UnassignedIpv6Addresses: addresses,
        ...(prefixes.length > 0 ? { UnassignedIpv6Prefixes: prefixes } : {}),
      };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeInterface<Answer>(
  ctx: Context,
  input: { NetworkInterfaceId: string | undefined },
  change: (scope: Scope, networkInterface: StoredNetworkInterface, subnet: Subnet) => Promise<Answer>,
): Promise<Answer> {
  const id = required(input.NetworkInterfaceId, "networkInterfaceId");
  return inTransaction(ctx, async (scope) => {
    const networkInterface = await getResource(scope, networkInterfaces, id);
    const subnet = await getResource(scope, subnets, networkInterface.SubnetId ?? "");
    const answer = await change(scope, networkInterface, subnet);
    await updateResource(scope, networkInterfaces, networkInterface);
    return answer;
  });
}

/** With AllowReassignment, addresses move that other interfaces of the subnet have as secondary ones. */
async function takeFromOthers(
  scope: Scope,
  networkInterface: StoredNetworkInterface,
  addresses: readonly string[],
): Promise<void> {
  const others = await listResources(scope, networkInterfaces, { subnet_id: networkInterface.SubnetId ?? "" });
  for (const other of others) {
    if (other.NetworkInterfaceId === networkInterface.NetworkInterfaceId) continue;
    const there = other.PrivateIpAddresses ?? [];
    const kept = there.filter((one) => one.Primary === true || !addresses.includes(one.PrivateIpAddress ?? ""));
    if (kept.length === there.length) continue;
    await disassociateInterface(scope, other, addresses);
    other.PrivateIpAddresses = kept;
    await updateResource(scope, networkInterfaces, other);
  }
}

/** An attached interface has as many addresses as its instance's type allows. */
async function checkLimit(scope: Scope, networkInterface: StoredNetworkInterface, added: number): Promise<void> {
  const instance = await findResource(scope, instances, networkInterface.Attachment?.InstanceId ?? "");
  if (instance === undefined) return;
  const limit = getInstanceType(instance.InstanceType ?? "").NetworkInfo?.Ipv4AddressesPerInterface;
  const count = (networkInterface.PrivateIpAddresses?.length ?? 0) + added;
  if (limit === undefined || count <= limit) return;
  throw new AwsError("PrivateIpAddressLimitExceeded", `Number of private addresses will exceed limit.`);
}

function showFirstIpv6(networkInterface: StoredNetworkInterface): void {
  const first = networkInterface.Ipv6Addresses?.[0]?.Ipv6Address;
  if (first === undefined) delete networkInterface.Ipv6Address;
  else networkInterface.Ipv6Address = first;
}
