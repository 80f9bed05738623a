import type * as Ec2 from "@aws-sdk/client-ec2";
import type { DhcpOptions } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeResources } from "./describe.ts";
import { notFound } from "./errors.ts";
import { type Resource, tagsMember } from "./resource.ts";

export const dhcpOptions: Resource<DhcpOptions> = {
  table: "ec2_dhcp_options",
  prefix: "dopt",
  type: "dhcp-options",
  idOf: (options) => options.DhcpOptionsId ?? "",
  ...tagsMember,
  filters: pathFilters<DhcpOptions>()({
    "dhcp-options-id": "DhcpOptionsId",
    key: "DhcpConfigurations.Key",
    "owner-id": "OwnerId",
    value: "DhcpConfigurations.Values.Value",
  }),
  columnFilters: { "dhcp-options-id": "id" },
  malformed: (id) => notFound("InvalidDhcpOptionID.NotFound", "dhcpOption ID", [id]),
  notFound: (ids) => notFound("InvalidDhcpOptionID.NotFound", "dhcpOption ID", ids),
};

export const dhcpOptionsOperations = {
  async DescribeDhcpOptions(ctx, input) {
    const page = await describeResources(ctx, dhcpOptions, input, {
      ids: input.DhcpOptionsIds,
      idsParameter: "dhcpOptionsIds",
    });
    return { DhcpOptions: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;
