import type * as Ec2 from "@aws-sdk/client-ec2";
import type { NetworkAcl } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { malformed, notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const networkAcls: Resource<NetworkAcl> = {
  table: "ec2_network_acls",
  prefix: "acl",
  type: "network-acl",
  idOf: (acl) => acl.NetworkAclId ?? "",
  columnsOf: (acl) => ({ vpc_id: acl.VpcId ?? "" }),
  ...tagsMember,
  filters: pathFilters<NetworkAcl>()({
    "association.association-id": "Associations.NetworkAclAssociationId",
    "association.network-acl-id": "Associations.NetworkAclId",
    "association.subnet-id": "Associations.SubnetId",
    default: "IsDefault",
    "entry.cidr": "Entries.CidrBlock",
    "entry.egress": "Entries.Egress",
    "entry.icmp.code": "Entries.IcmpTypeCode.Code",
    "entry.icmp.type": "Entries.IcmpTypeCode.Type",
    "entry.ipv6-cidr": "Entries.Ipv6CidrBlock",
    "entry.port-range.from": "Entries.PortRange.From",
    "entry.port-range.to": "Entries.PortRange.To",
    "entry.protocol": "Entries.Protocol",
    "entry.rule-action": "Entries.RuleAction",
    "entry.rule-number": "Entries.RuleNumber",
    "network-acl-id": "NetworkAclId",
    "owner-id": "OwnerId",
    "vpc-id": "VpcId",
  }),
  columnFilters: { "network-acl-id": "id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidNetworkAclId.Malformed", id, "acl"),
  notFound: (ids) => notFound("InvalidNetworkAclID.NotFound", "networkAcl ID", ids),
};

export const networkAclOperations = {
  async DescribeNetworkAcls(ctx, input) {
    const page = await describeResources(ctx, networkAcls, input, {
      ids: input.NetworkAclIds,
      idsParameter: "networkAclIds",
    });
    return { NetworkAcls: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
