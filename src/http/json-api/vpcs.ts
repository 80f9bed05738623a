import type { Subnet, Vpc } from "@aws-sdk/client-ec2";
import { z } from "zod";
import { type Route, route } from "./route.ts";
import { fromTags, named, nextToken, pageQuery, tagSpecifications, tagsSchema } from "./schemas.ts";

const vpc = named(
  "Vpc",
  z.strictObject({
    id: z.string(),
    name: z.string().nullable().describe("The tag `Name`."),
    cidr: z.string(),
    ipv6_cidrs: z.array(z.string()),
    is_default: z.boolean(),
    state: z.string().describe("`pending`, `available`"),
    tags: tagsSchema,
  }),
);

const subnet = named(
  "Subnet",
  z.strictObject({
    id: z.string(),
    name: z.string().nullable().describe("The tag `Name`."),
    vpc_id: z.string(),
    cidr: z.string(),
    availability_zone: z.string(),
    available_addresses: z.int(),
    gives_public_addresses: z.boolean().describe("Whether instances get a public address at their launch."),
    state: z.string().describe("`pending`, `available`"),
    tags: tagsSchema,
  }),
);

const cidr = (example: string) => z.string().meta({ examples: [example] });

const newVpc = named(
  "NewVpc",
  z.strictObject({
    cidr: cidr("10.0.0.0/16"),
    name: z.string().max(256).optional().describe("Becomes the tag `Name`."),
    tags: tagsSchema.optional(),
  }),
);

const newSubnet = named(
  "NewSubnet",
  z.strictObject({
    vpc_id: z.string(),
    cidr: cidr("10.0.1.0/24"),
    availability_zone: z.string().optional().describe("One of the region's, where none is given."),
    name: z.string().max(256).optional().describe("Becomes the tag `Name`."),
    tags: tagsSchema.optional(),
  }),
);

const vpcList = named("VpcList", z.strictObject({ vpcs: z.array(vpc), next_token: nextToken }));

const subnetList = named("SubnetList", z.strictObject({ subnets: z.array(subnet), next_token: nextToken }));

export const vpcRoutes: readonly Route[] = [
  route(
    {
      ...{ method: "GET", path: "/ec2/vpcs", tag: "ec2" },
      summary: "List VPCs",
      query: pageQuery(5, 1000),
      reply: vpcList,
      errors: [400],
    },
    async ({ query, call }) => {
      const page = { MaxResults: query.limit, NextToken: query.next_token };
      const { Vpcs = [], NextToken } = await call("ec2", "DescribeVpcs", page);
      return { vpcs: Vpcs.map(toVpc), next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/vpcs", tag: "ec2", status: 201 },
      summary: "Create a VPC",
      body: newVpc,
      reply: vpc,
      errors: [400, 409],
    },
    async ({ body, call }) => {
      const { Vpc } = await call("ec2", "CreateVpc", { CidrBlock: body.cidr, ...tagSpecifications("vpc", body) });
      return toVpc(Vpc ?? {});
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/vpcs/{id}", tag: "ec2" },
      summary: "Delete a VPC that holds nothing",
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      await call("ec2", "DeleteVpc", { VpcId: params.id });
    },
  ),
  route(
    {
      ...{ method: "GET", path: "/ec2/subnets", tag: "ec2" },
      summary: "List subnets",
      query: pageQuery(5, 1000).extend({ vpc_id: z.string().optional().describe("Those of one VPC.") }),
      reply: subnetList,
      errors: [400],
    },
    async ({ query, call }) => {
      const { Subnets = [], NextToken } = await call("ec2", "DescribeSubnets", {
        ...{ MaxResults: query.limit, NextToken: query.next_token },
        ...(query.vpc_id !== undefined && { Filters: [{ Name: "vpc-id", Values: [query.vpc_id] }] }),
      });
      return { subnets: Subnets.map(toSubnet), next_token: NextToken ?? null };
    },
  ),
  route(
    {
      ...{ method: "POST", path: "/ec2/subnets", tag: "ec2", status: 201 },
      summary: "Create a subnet in a VPC",
      body: newSubnet,
      reply: subnet,
      errors: [400, 404, 409],
    },
    async ({ body, call }) => {
      const { Subnet } = await call("ec2", "CreateSubnet", {
        ...{ VpcId: body.vpc_id, CidrBlock: body.cidr, AvailabilityZone: body.availability_zone },
        ...tagSpecifications("subnet", body),
      });
      return toSubnet(Subnet ?? {});
    },
  ),
  route(
    {
      ...{ method: "DELETE", path: "/ec2/subnets/{id}", tag: "ec2" },
      summary: "Delete a subnet that holds nothing",
      errors: [400, 404, 409],
    },
    async ({ params, call }) => {
      await call("ec2", "DeleteSubnet", { SubnetId: params.id });
    },
  ),
];

function toVpc(found: Vpc): z.input<typeof vpc> {
  const tags = fromTags(found.Tags);
  return {
    id: found.VpcId ?? "",
    name: tags.Name ?? null,
    cidr: found.CidrBlock ?? "",
    ipv6_cidrs: (found.Ipv6CidrBlockAssociationSet ?? []).flatMap(({ Ipv6CidrBlock }) => Ipv6CidrBlock ?? []),
    is_default: found.IsDefault ?? false,
    state: found.State ?? "available",
    tags,
  };
}

function toSubnet(found: Subnet): z.input<typeof subnet> {
  const tags = fromTags(found.Tags);
  return {
    id: found.SubnetId ?? "",
    name: tags.Name ?? null,
    vpc_id: found.VpcId ?? "",
    cidr: found.CidrBlock ?? "",
    availability_zone: found.AvailabilityZone ?? "",
    available_addresses: found.AvailableIpAddressCount ?? 0,
    gives_public_addresses: found.MapPublicIpOnLaunch ?? false,
    state: found.State ?? "available",
    tags,
  };
}
