import type { SecurityGroupVpcAssociation } from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import { malformed, notFound } from "./errors.ts";
import type { Resource } from "./resource.ts";

/** Has no id and no tags of its own: the group and the VPC name it. */
export const groupVpcAssociations: Resource<SecurityGroupVpcAssociation> = {
  table: "ec2_security_group_vpc_associations",
  prefix: "sg",
  type: "security-group",
  idOf: (association) => `${association.GroupId}/${association.VpcId}`,
  columnsOf: (association) => ({ group_id: association.GroupId ?? "", vpc_id: association.VpcId ?? "" }),
  tagsOf: () => undefined,
  setTags: () => undefined,
  filters: pathFilters<SecurityGroupVpcAssociation>()({
    "group-id": "GroupId",
    "group-owner-id": "GroupOwnerId",
    state: "State",
    "vpc-id": "VpcId",
    "vpc-owner-id": "VpcOwnerId",
  }),
  columnFilters: { "group-id": "group_id", "vpc-id": "vpc_id" },
  malformed: (id) => malformed("InvalidGroupId.Malformed", id, "sg"),
  notFound: (ids) => notFound("InvalidVpcID.NotFound", "association", ids),
};
