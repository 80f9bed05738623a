import { isDeepStrictEqual } from "node:util";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { CreateNetworkAclEntryRequest, NetworkAcl, NetworkAclEntry } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import type { Operations } from "../../aws/operations.ts";
import { ownValue } from "../../aws/own-value.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import {
  dependencyViolation,
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  missingParameter,
  notFound,
} from "./errors.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { newNetworkAcl, sortEntries } from "./network-acl-defaults.ts";
import { networkAcls } from "./network-acls.ts";
import { required } from "./required.ts";
import { deleteResources, getResource, listResources, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { vpcs } from "./vpcs.ts";

/** Above are the rules that AWS makes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html */
const maxRuleNumber = 32766;

const protocolNumbers: Readonly<Record<string, string>> = { all: "-1", icmp: "1", tcp: "6", udp: "17", icmpv6: "58" };

export const networkAclLifecycleOperations = {
  async CreateNetworkAcl(ctx, input) {
    const vpcId = required(input.VpcId, "vpcId");
    const tags = tagsForNew(input.TagSpecifications, "network-acl");
    const acl = await makeOnce(ctx, networkAcls, input, async (scope) => {
      const vpc = await getResource(scope, vpcs, vpcId);
      if (input.DryRun === true) throw dryRunOperation();
      const ipv6 = (vpc.Ipv6CidrBlockAssociationSet ?? []).length > 0;
      return insertTagged(scope, networkAcls, newNetworkAcl(scope, { vpcId, isDefault: false, ipv6 }), tags);
    });
    return { NetworkAcl: acl, ClientToken: input.ClientToken };
  },

  async DeleteNetworkAcl(ctx, input) {
    const id = required(input.NetworkAclId, "networkAclId");
    await inTransaction(ctx, async (scope) => {
      const acl = await getResource(scope, networkAcls, id);
      if (acl.IsDefault === true) throw invalidParameterValue(`cannot delete default network ACL ${id}`);
      if (acl.Associations?.length) {
        throw dependencyViolation(`The networkAcl '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, networkAcls, [id]);
    });
    return {};
  },

  async CreateNetworkAclEntry(ctx, input) {
    const entry = checkEntry(input);
    await changeAcl(ctx, input, (acl) => {
      const there = findEntry(acl, entry);
      // The same entry again changes nothing, and is no error: decision 0154.
      if (isDeepStrictEqual(there, entry)) return;
      if (there !== undefined) {
        throw new AwsError(
          "NetworkAclEntryAlreadyExists",
          `The network acl entry identified by ${entry.RuleNumber} already exists.`,
        );
      }
      acl.Entries = sortEntries([...(acl.Entries ?? []), entry]);
    });
    return {};
  },

  async ReplaceNetworkAclEntry(ctx, input) {
    const entry = checkEntry(input);
    await changeAcl(ctx, input, (acl) => {
      const before = getEntry(acl, entry);
      acl.Entries = acl.Entries?.map((other) => (other === before ? entry : other));
    });
    return {};
  },

  async DeleteNetworkAclEntry(ctx, input) {
    const RuleNumber = required(input.RuleNumber, "ruleNumber");
    const Egress = required(input.Egress, "egress");
    checkRuleNumber(RuleNumber);
    await changeAcl(ctx, input, (acl) => {
      const before = getEntry(acl, { RuleNumber, Egress });
      acl.Entries = acl.Entries?.filter((other) => other !== before);
    });
    return {};
  },

  async ReplaceNetworkAclAssociation(ctx, input) {
    const associationId = required(input.AssociationId, "associationId");
    const id = required(input.NetworkAclId, "networkAclId");
    return inTransaction(ctx, async (scope) => {
      const to = await getResource(scope, networkAcls, id);
      const { acl: from, association } = await findAssociation(scope, associationId);
      if (from.VpcId !== to.VpcId) {
        throw invalidParameterValue(
          `Network ACL ${id} and subnet ${association.SubnetId} belong to different networks`,
        );
      }
      if (input.DryRun === true) throw dryRunOperation();
      const NewAssociationId = scope.newId("aclassoc");
      const moved = { ...association, NetworkAclId: id, NetworkAclAssociationId: NewAssociationId };
      from.Associations = from.Associations?.filter((other) => other !== association);
      await updateResource(scope, networkAcls, from);
      const target = from.NetworkAclId === id ? from : to;
      target.Associations = [...(target.Associations ?? []), moved];
      await updateResource(scope, networkAcls, target);
      return { NewAssociationId };
    });
  },
} satisfies Operations<typeof Ec2, Context>;

async function changeAcl(
  ctx: Context,
  input: { NetworkAclId: string | undefined; DryRun?: boolean | undefined },
  change: (acl: NetworkAcl) => void,
): Promise<void> {
  const id = required(input.NetworkAclId, "networkAclId");
  await inTransaction(ctx, async (scope) => {
    const acl = await getResource(scope, networkAcls, id);
    change(acl);
    if (input.DryRun === true) throw dryRunOperation();
    await updateResource(scope, networkAcls, acl);
  });
}

function checkEntry(input: CreateNetworkAclEntryRequest): NetworkAclEntry {
  const RuleNumber = required(input.RuleNumber, "ruleNumber");
  const protocol = required(input.Protocol, "protocol").toLowerCase();
  const RuleAction = required(input.RuleAction, "ruleAction");
  checkRuleNumber(RuleNumber);
  const Protocol = ownValue(protocolNumbers, protocol) ?? protocol;
  if (!/^(?:-1|\d{1,3})$/.test(Protocol) || Number(Protocol) > 255) {
    throw invalidParameterValue(`Invalid value '${input.Protocol}' for IP protocol. Unknown protocol.`);
  }
  if (RuleAction !== "allow" && RuleAction !== "deny") {
    throw invalidParameterValue(`Invalid value '${String(RuleAction)}' for ruleAction. Must be allow or deny.`);
  }
  return {
    RuleNumber,
    Protocol,
    RuleAction,
    Egress: required(input.Egress, "egress"),
    ...checkBlock(input),
    ...checkProtocolDetail(input, Protocol),
  };
}

function checkBlock(input: CreateNetworkAclEntryRequest): Pick<NetworkAclEntry, "CidrBlock" | "Ipv6CidrBlock"> {
  const { CidrBlock, Ipv6CidrBlock } = input;
  if (!CidrBlock && !Ipv6CidrBlock) throw missingParameter("cidrBlock or ipv6CidrBlock");
  if (CidrBlock && Ipv6CidrBlock) {
    throw invalidParameterCombination("The parameters cidrBlock and ipv6CidrBlock cannot be used together");
  }
  if (CidrBlock) {
    const cidr = canonicalIpv4Cidr(CidrBlock);
    if (cidr === undefined) throw invalidParameterValue(`CIDR block ${CidrBlock} is malformed`);
    return { CidrBlock: cidr };
  }
  const block = parseIpv6Block(Ipv6CidrBlock ?? "");
  if (block === undefined) throw invalidParameterValue(`CIDR block ${Ipv6CidrBlock} is malformed`);
  return { Ipv6CidrBlock: formatIpv6Block(block) };
}

function checkProtocolDetail(
  input: CreateNetworkAclEntryRequest,
  protocol: string,
): Pick<NetworkAclEntry, "PortRange" | "IcmpTypeCode"> {
  if (protocol === "6" || protocol === "17") {
    const { From, To } = input.PortRange ?? {};
    if (From === undefined || To === undefined) throw missingParameter("portRange");
    if (From < 0 || To > 65535 || From > To) {
      throw invalidParameterValue(`Invalid value '${From}-${To}' for portRange. Must be between 0 and 65535.`);
    }
    return { PortRange: { From, To } };
  }
  if (protocol === "1" || protocol === "58") {
    if (input.IcmpTypeCode?.Type === undefined) throw missingParameter("icmpTypeCode");
    return { IcmpTypeCode: { Type: input.IcmpTypeCode.Type, Code: input.IcmpTypeCode.Code ?? -1 } };
  }
  return {};
}

function checkRuleNumber(number: number): void {
  if (number >= 1 && number <= maxRuleNumber) return;
  throw invalidParameterValue(`Invalid value '${number}' for ruleNumber. Must be between 1 and ${maxRuleNumber}.`);
}

type EntryKey = Pick<NetworkAclEntry, "RuleNumber" | "Egress">;

function findEntry(acl: NetworkAcl, key: EntryKey): NetworkAclEntry | undefined {
  return acl.Entries?.find((entry) => entry.RuleNumber === key.RuleNumber && entry.Egress === key.Egress);
}

function getEntry(acl: NetworkAcl, key: EntryKey): NetworkAclEntry {
  const entry = findEntry(acl, key);
  if (entry !== undefined) return entry;
  throw new AwsError(
    "InvalidNetworkAclEntry.NotFound",
    `The network acl entry identified by ${key.RuleNumber} does not exist.`,
  );
}

async function findAssociation(scope: Scope, id: string) {
  for (const acl of await listResources(scope, networkAcls)) {
    const association = acl.Associations?.find((one) => one.NetworkAclAssociationId === id);
    if (association !== undefined) return { acl, association };
  }
  throw notFound("InvalidAssociationID.NotFound", "association ID", [id]);
}
