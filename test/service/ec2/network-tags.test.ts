import {
  AllocateAddressCommand,
  CreateCarrierGatewayCommand,
  CreateCustomerGatewayCommand,
  CreateDhcpOptionsCommand,
  CreateEgressOnlyInternetGatewayCommand,
  CreateFlowLogsCommand,
  CreateInternetGatewayCommand,
  CreateIpamCommand,
  CreateManagedPrefixListCommand,
  CreateNatGatewayCommand,
  CreateNetworkAclCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteTableCommand,
  CreateTagsCommand,
  CreateTransitGatewayCommand,
  CreateVpcEndpointCommand,
  CreateVpnGatewayCommand,
  DeleteTagsCommand,
  DescribeTagsCommand,
  type ResourceType,
  type TagSpecification,
} from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { makeSubnet, makeVpc } from "./network-support.ts";

describe("ec2 tags of network resources", () => {
  let aws: TestServer;
  let VpcId: string;
  let SubnetId: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
    VpcId = await makeVpc(aws.ec2);
    SubnetId = await makeSubnet(aws.ec2, VpcId);
    await aws.s3.send(new CreateBucketCommand({ Bucket: "logs" }));
  });
  after(() => aws.stop());

  type Tagged = { TagSpecifications: TagSpecification[] };
  const families: Partial<Record<ResourceType, (tagged: Tagged) => Promise<string | undefined>>> = {
    "carrier-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateCarrierGatewayCommand({ VpcId, ...tagged }))).CarrierGateway?.CarrierGatewayId,
    "customer-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateCustomerGatewayCommand({ Type: "ipsec.1", IpAddress: "192.0.2.9", ...tagged })))
        .CustomerGateway?.CustomerGatewayId,
    "dhcp-options": async (tagged) =>
      (
        await aws.ec2.send(
          new CreateDhcpOptionsCommand({ DhcpConfigurations: [{ Key: "domain-name", Values: ["a.b"] }], ...tagged }),
        )
      ).DhcpOptions?.DhcpOptionsId,
    "egress-only-internet-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateEgressOnlyInternetGatewayCommand({ VpcId, ...tagged }))).EgressOnlyInternetGateway
        ?.EgressOnlyInternetGatewayId,
    "elastic-ip": async (tagged) => (await aws.ec2.send(new AllocateAddressCommand(tagged))).AllocationId,
    "internet-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateInternetGatewayCommand(tagged))).InternetGateway?.InternetGatewayId,
    ipam: async (tagged) => (await aws.ec2.send(new CreateIpamCommand(tagged))).Ipam?.IpamId,
    natgateway: async (tagged) =>
      (await aws.ec2.send(new CreateNatGatewayCommand({ SubnetId, ConnectivityType: "private", ...tagged }))).NatGateway
        ?.NatGatewayId,
    "network-acl": async (tagged) =>
      (await aws.ec2.send(new CreateNetworkAclCommand({ VpcId, ...tagged }))).NetworkAcl?.NetworkAclId,
    "network-interface": async (tagged) =>
      (await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, ...tagged }))).NetworkInterface
        ?.NetworkInterfaceId,
    "prefix-list": async (tagged) =>
      (
        await aws.ec2.send(
          new CreateManagedPrefixListCommand({ PrefixListName: "p", AddressFamily: "IPv4", MaxEntries: 1, ...tagged }),
        )
      ).PrefixList?.PrefixListId,
    "route-table": async (tagged) =>
      (await aws.ec2.send(new CreateRouteTableCommand({ VpcId, ...tagged }))).RouteTable?.RouteTableId,
    "transit-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateTransitGatewayCommand(tagged))).TransitGateway?.TransitGatewayId,
    "vpc-endpoint": async (tagged) =>
      (
        await aws.ec2.send(
          new CreateVpcEndpointCommand({ VpcId, ServiceName: "com.amazonaws.us-east-1.s3", ...tagged }),
        )
      ).VpcEndpoint?.VpcEndpointId,
    "vpc-flow-log": async (tagged) =>
      (
        await aws.ec2.send(
          new CreateFlowLogsCommand({
            ...{ ResourceType: "VPC", ResourceIds: [VpcId], TrafficType: "ALL" },
            ...{ LogDestinationType: "s3", LogDestination: "arn:aws:s3:::logs", ...tagged },
          }),
        )
      ).FlowLogIds?.[0],
    "vpn-gateway": async (tagged) =>
      (await aws.ec2.send(new CreateVpnGatewayCommand({ Type: "ipsec.1", ...tagged }))).VpnGateway?.VpnGatewayId,
  };

  for (const [name, make] of Object.entries(families)) {
    it(`a ${name} is tagged when it is made, and later`, async () => {
      // The keys of the table are types.
      const ResourceType = name as ResourceType;
      const id = (await make({ TagSpecifications: [{ ResourceType, Tags: [{ Key: "a", Value: "1" }] }] })) ?? "";
      await aws.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "b", Value: "2" }] }));
      const read = async () =>
        (await aws.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "resource-id", Values: [id] }] }))).Tags?.map(
          (tag) => [tag.ResourceType, tag.Key, tag.Value],
        );
      expect(await read()).to.deep.equal([
        [name, "a", "1"],
        [name, "b", "2"],
      ]);
      await aws.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: "a" }] }));
      expect(await read()).to.deep.equal([[name, "b", "2"]]);
    });
  }
});
