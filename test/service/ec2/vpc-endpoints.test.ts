import {
  AcceptVpcEndpointConnectionsCommand,
  CreateRouteTableCommand,
  CreateVpcEndpointCommand,
  type CreateVpcEndpointCommandInput,
  CreateVpcEndpointServiceConfigurationCommand,
  DeleteVpcEndpointServiceConfigurationsCommand,
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeVpcEndpointConnectionsCommand,
  DescribeVpcEndpointServiceConfigurationsCommand,
  DescribeVpcEndpointServicePermissionsCommand,
  DescribeVpcEndpointServicesCommand,
  DescribeVpcEndpointsCommand,
  ModifyVpcAttributeCommand,
  ModifyVpcEndpointCommand,
  ModifyVpcEndpointServiceConfigurationCommand,
  ModifyVpcEndpointServicePermissionsCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, makeSubnet, makeVpc, only } from "./network-support.ts";

const s3 = "com.amazonaws.us-east-1.s3";
const loadBalancer = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/own/50dc6c495c0c9188";

describe("ec2 VPC endpoints", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function make(input: Omit<CreateVpcEndpointCommandInput, "ServiceName"> & { ServiceName?: string }) {
    const request = new CreateVpcEndpointCommand({ ServiceName: s3, ...input });
    return (await aws.ec2.send(request)).VpcEndpoint ?? {};
  }

  async function get(id: string | undefined) {
    return only((await aws.ec2.send(new DescribeVpcEndpointsCommand({ VpcEndpointIds: [id ?? ""] }))).VpcEndpoints);
  }

  it("a gateway endpoint is a route to its service's prefix list", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const table = await aws.ec2.send(new CreateRouteTableCommand({ VpcId }));
    const RouteTableId = table.RouteTable?.RouteTableId ?? "";
    const { VpcEndpointId, State } = await make({ VpcId });
    expect(State).to.equal("available");
    expect((await get(VpcEndpointId)).ServiceRegion).to.equal("us-east-1");
    await aws.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, AddRouteTableIds: [RouteTableId] }));
    expect((await get(VpcEndpointId)).RouteTableIds).to.deep.equal([RouteTableId]);
    const routes = async () =>
      only((await aws.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }))).RouteTables).Routes;
    expect((await routes())?.[1]).to.deep.include({ DestinationPrefixListId: "pl-63a5400a", GatewayId: VpcEndpointId });
    expect(JSON.parse((await get(VpcEndpointId)).PolicyDocument ?? "").Statement[0].Effect).to.equal("Allow");
    await aws.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId ?? ""] }));
    expect((await routes())?.length).to.equal(1);
    expect((await get(VpcEndpointId)).State).to.equal("deleted");
    const again = await aws.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId ?? ""] }));
    expect(only(again.Unsuccessful).Error?.Code).to.equal("InvalidVpcEndpoint.NotFound");
  });

  it("an interface endpoint has interfaces, groups and names", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const SubnetIds = [await makeSubnet(aws.ec2, VpcId)];
    const wanted = {
      VpcId,
      SubnetIds,
      VpcEndpointType: "Interface",
      ServiceName: "com.amazonaws.us-east-1.sqs",
    } as const;
    expect(await codeOf(make({ ...wanted, PrivateDnsEnabled: true }))).to.equal("InvalidParameter");
    await aws.ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
    const { VpcEndpointId, State } = await make(wanted);
    expect(State).to.equal("pending");
    const endpoint = await get(VpcEndpointId);
    expect(endpoint).to.include({ State: "available", PrivateDnsEnabled: true, IpAddressType: "ipv4" });
    expect(endpoint.DnsEntries?.[1]?.DnsName).to.equal("sqs.us-east-1.amazonaws.com");
    expect(endpoint.Groups?.map(({ GroupName }) => GroupName)).to.deep.equal(["default"]);
    const ids = endpoint.NetworkInterfaceIds ?? [];
    const found = await aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids }));
    expect(only(found.NetworkInterfaces)).to.include({ InterfaceType: "vpc_endpoint", RequesterManaged: true });
    expect(await codeOf(make({ ...wanted, PrivateDnsEnabled: true }))).to.equal("InvalidParameter");
    const second = await make(wanted);
    expect(second.PrivateDnsEnabled).to.equal(false);
    const named = new ModifyVpcEndpointCommand({ VpcEndpointId: second.VpcEndpointId, PrivateDnsEnabled: true });
    expect(await codeOf(aws.ec2.send(named))).to.equal("InvalidParameter");
    await aws.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [second.VpcEndpointId ?? ""] }));
    const SubnetConfigurations = [{ SubnetId: SubnetIds[0], Ipv4: "10.0.0.44" }];
    await aws.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, SubnetConfigurations }));
    const { NetworkInterfaceIds: moved } = await get(VpcEndpointId);
    expect(moved).to.not.deep.equal(ids);
    await aws.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, SubnetConfigurations }));
    const again = await aws.ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: moved }));
    expect(only(again.NetworkInterfaces).PrivateIpAddress).to.equal("10.0.0.44");
    await aws.ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, RemoveSubnetIds: SubnetIds }));
    expect((await get(VpcEndpointId)).NetworkInterfaceIds).to.deep.equal([]);
  });

  it("rejects an unknown service, and an endpoint of another type", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const unknown = make({ VpcId, ServiceName: "com.amazonaws.us-east-1.nothing" });
    expect(await codeOf(unknown)).to.equal("InvalidServiceName");
    const type = make({ VpcId, ServiceName: "com.amazonaws.us-east-1.sqs" });
    expect(await codeOf(type)).to.equal("InvalidParameter");
  });

  it("DescribeVpcEndpointServices lists AWS's services, by name and by type", async () => {
    const { ServiceNames, ServiceDetails } = await aws.ec2.send(
      new DescribeVpcEndpointServicesCommand({ Filters: [{ Name: "service-type", Values: ["Gateway"] }] }),
    );
    expect(ServiceNames).to.deep.equal(["com.amazonaws.us-east-1.dynamodb", s3]);
    expect(ServiceDetails?.[1]).to.deep.include({ Owner: "amazon", ServiceType: [{ ServiceType: "Gateway" }] });
    const unknown = new DescribeVpcEndpointServicesCommand({ ServiceNames: ["com.amazonaws.us-east-1.nothing"] });
    expect(await codeOf(aws.ec2.send(unknown))).to.equal("InvalidServiceName");
  });

  it("a service of an account has permissions, and connections that are accepted", async () => {
    const { ServiceConfiguration } = await aws.ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({ NetworkLoadBalancerArns: [loadBalancer] }),
    );
    const { ServiceId = "", ServiceName = "" } = ServiceConfiguration ?? {};
    expect(ServiceConfiguration).to.include({ AcceptanceRequired: true, ServiceState: "Available" });
    const Principal = "arn:aws:iam::111122223333:root";
    await aws.ec2.send(
      new ModifyVpcEndpointServicePermissionsCommand({ ServiceId, AddAllowedPrincipals: [Principal] }),
    );
    const permissions = await aws.ec2.send(new DescribeVpcEndpointServicePermissionsCommand({ ServiceId }));
    expect(only(permissions.AllowedPrincipals)).to.include({ Principal, PrincipalType: "Account" });
    const VpcId = await makeVpc(aws.ec2);
    const SubnetIds = [await makeSubnet(aws.ec2, VpcId)];
    const { VpcEndpointId = "" } = await make({ VpcId, SubnetIds, ServiceName, VpcEndpointType: "Interface" });
    const { VpcEndpointConnections } = await aws.ec2.send(
      new DescribeVpcEndpointConnectionsCommand({ Filters: [{ Name: "service-id", Values: [ServiceId] }] }),
    );
    expect(only(VpcEndpointConnections)).to.include({ VpcEndpointId, VpcEndpointState: "pendingAcceptance" });
    await aws.ec2.send(new AcceptVpcEndpointConnectionsCommand({ ServiceId, VpcEndpointIds: [VpcEndpointId] }));
    expect((await get(VpcEndpointId)).State).to.equal("available");
    const remove = () => aws.ec2.send(new DeleteVpcEndpointServiceConfigurationsCommand({ ServiceIds: [ServiceId] }));
    expect(only((await remove()).Unsuccessful).Error?.Code).to.equal("ExistingVpcEndpointConnections");
    await aws.ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [VpcEndpointId] }));
    expect((await remove()).Unsuccessful ?? []).to.deep.equal([]);
    const gone = new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [ServiceId] });
    expect(await codeOf(aws.ec2.send(gone))).to.equal("InvalidVpcEndpointServiceId.NotFound");
  });

  it("a service supports the regions and the kinds of addresses that it is given, and its own region", async () => {
    const { ServiceConfiguration } = await aws.ec2.send(
      new CreateVpcEndpointServiceConfigurationCommand({
        NetworkLoadBalancerArns: [loadBalancer],
        SupportedIpAddressTypes: ["ipv4", "ipv6"],
      }),
    );
    const { ServiceId = "" } = ServiceConfiguration ?? {};
    const reach = async () => {
      const request = new DescribeVpcEndpointServiceConfigurationsCommand({ ServiceIds: [ServiceId] });
      const { SupportedRegions, SupportedIpAddressTypes } = only((await aws.ec2.send(request)).ServiceConfigurations);
      return [SupportedRegions?.map(({ Region }) => Region), SupportedIpAddressTypes];
    };
    expect(await reach()).to.deep.equal([["us-east-1"], ["ipv4", "ipv6"]]);
    await aws.ec2.send(
      new ModifyVpcEndpointServiceConfigurationCommand({
        ServiceId,
        AddSupportedRegions: ["eu-west-1"],
        RemoveSupportedIpAddressTypes: ["ipv4"],
      }),
    );
    expect(await reach()).to.deep.equal([["us-east-1", "eu-west-1"], ["ipv6"]]);
    for (const wrong of [
      { AddSupportedRegions: ["us-nowhere-1"] },
      { AddSupportedIpAddressTypes: ["ipv5"] },
      { RemoveSupportedIpAddressTypes: ["ipv6"] },
    ]) {
      const request = new ModifyVpcEndpointServiceConfigurationCommand({ ServiceId, ...wrong });
      expect(await codeOf(aws.ec2.send(request)), JSON.stringify(wrong)).to.equal("InvalidParameterValue");
    }
  });
});
