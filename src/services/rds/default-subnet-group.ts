import type { DBSubnetGroup } from "@aws-sdk/client-rds";
import type { AccountContext } from "../service-context.ts";

type Store = Pick<AccountContext, "db" | "accountId" | "region">;

export async function findDefaultVpc(ctx: Store): Promise<string | undefined> {
  const vpcs = await ctx.db
    .selectFrom("ec2_vpcs")
    .select(["id", "data"])
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .execute();
  return vpcs.find((vpc) => {
    const { IsDefault }: { IsDefault?: boolean } = JSON.parse(vpc.data);
    return IsDefault === true;
  })?.id;
}

export async function describeDefaultSubnetGroup(ctx: Store, vpcId: string | undefined): Promise<DBSubnetGroup> {
  const group = {
    DBSubnetGroupName: "default",
    DBSubnetGroupDescription: "default",
    SubnetGroupStatus: "Complete",
  };
  if (vpcId === undefined) return group;
  const subnets = await ctx.db
    .selectFrom("ec2_subnets")
    .select(["id", "data"])
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .where("vpc_id", "=", vpcId)
    .orderBy("sort_key")
    .execute();
  return {
    ...group,
    VpcId: vpcId,
    Subnets: subnets.map((subnet) => {
      const { AvailabilityZone }: { AvailabilityZone?: string } = JSON.parse(subnet.data);
      return {
        SubnetIdentifier: subnet.id,
        SubnetAvailabilityZone: { Name: AvailabilityZone },
        SubnetOutpost: {},
        SubnetStatus: "Active",
      };
    }),
  };
}
