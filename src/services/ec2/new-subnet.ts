import type { Subnet, SubnetIpv6CidrBlockAssociation } from "@aws-sdk/client-ec2";
import type { ZoneData } from "./region-data.ts";
import type { Scope } from "./scope.ts";

interface SubnetPlan {
  readonly vpcId: string;
  readonly zone: ZoneData;
  /** None for a subnet of IPv6 alone. */
  readonly cidr?: string | undefined;
  readonly ipv6?: SubnetIpv6CidrBlockAssociation[];
  readonly native?: boolean;
  readonly isDefault?: boolean;
}

export function newSubnet(scope: Scope, plan: SubnetPlan): Subnet & { SubnetId: string } {
  const SubnetId = scope.newId("subnet");
  const native = plan.native ?? false;
  return {
    SubnetId,
    SubnetArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:subnet/${SubnetId}`,
    VpcId: plan.vpcId,
    OwnerId: scope.accountId,
    AvailabilityZone: plan.zone.name,
    AvailabilityZoneId: plan.zone.id,
    ...(plan.cidr === undefined ? {} : { CidrBlock: plan.cidr }),
    Ipv6CidrBlockAssociationSet: plan.ipv6 ?? [],
    State: "available",
    DefaultForAz: plan.isDefault ?? false,
    MapPublicIpOnLaunch: plan.isDefault ?? false,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: native,
    EnableDns64: false,
    Ipv6Native: native,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: native ? "resource-name" : "ip-name",
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    BlockPublicAccessStates: { InternetGatewayBlockMode: "off" },
  };
}
