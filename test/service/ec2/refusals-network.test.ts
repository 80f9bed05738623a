import {
  AssociateVpcCidrBlockCommand,
  AttachInternetGatewayCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateDhcpOptionsCommand,
  CreateInternetGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSecurityGroupCommand,
  CreateTransitGatewayCommand,
  CreateVpcCommand,
  DescribeNetworkInterfacesCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ModifySubnetAttributeCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { makeSubnet, makeVpc } from "./network-support.ts";
import { describeOne, refusal, runOne, uniqueName } from "./support.ts";

describe("ec2 refusals of networks", () => {
  let aws: TestServer;
  let VpcId: string;
  let SubnetId: string;

  before(async () => {
    aws = await startLocalAws();
    VpcId = await makeVpc(aws.ec2);
    SubnetId = await makeSubnet(aws.ec2, VpcId);
  });
  after(() => aws.stop());

  for (const CidrBlock of ["127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16", "0.0.0.0/16"]) {
    it(`refuses ${CidrBlock}, which no network may have`, async () => {
      expect(await refusal(aws.ec2.send(new CreateVpcCommand({ CidrBlock })))).to.include({
        code: "InvalidVpc.Range",
        message: `The CIDR '${CidrBlock}' is invalid.`,
      });
    });
  }

  it("adds blocks of the VPC's own private range and public ones, and none of another private range", async () => {
    const { code, message } = await refusal(
      aws.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: "192.168.0.0/16" })),
    );
    expect(code).to.equal("InvalidVpc.Range");
    expect(message).to.match(/^The CIDR '192\.168\.0\.0\/16' is restricted\. Use a CIDR from the same private address/);
    for (const CidrBlock of ["10.77.0.0/16", "100.64.0.0/16"]) {
      await aws.ec2.send(new AssociateVpcCidrBlockCommand({ VpcId, CidrBlock }));
    }
  });

  it("routes to an internet gateway of the same network alone", async () => {
    const { RouteTable } = await aws.ec2.send(new CreateRouteTableCommand({ VpcId }));
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const RouteTableId = RouteTable?.RouteTableId ?? "";
    const InternetGatewayId = InternetGateway?.InternetGatewayId ?? "";
    const route = { RouteTableId, GatewayId: InternetGatewayId, DestinationCidrBlock: "0.0.0.0/0" };
    expect(await refusal(aws.ec2.send(new CreateRouteCommand(route)))).to.include({
      code: "InvalidParameterValue",
      message: `route table ${RouteTableId} and network gateway ${InternetGatewayId} belong to different networks`,
    });
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    await aws.ec2.send(new CreateRouteCommand(route));
  });

  for (const [Key, value] of [
    ["domain-name-servers", "nobody"],
    ["ntp-servers", "time.example.com"],
    ["netbios-name-servers", "2001:db8::1"],
  ] as const) {
    it(`refuses ${value} for ${Key}, which are addresses`, async () => {
      const DhcpConfigurations = [{ Key, Values: [value] }];
      expect(await refusal(aws.ec2.send(new CreateDhcpOptionsCommand({ DhcpConfigurations })))).to.include({
        code: "InvalidParameterValue",
      });
    });
  }

  it("takes Amazon's name server and addresses of IPv6", async () => {
    const DhcpConfigurations = [
      { Key: "domain-name-servers", Values: ["AmazonProvidedDNS"] },
      { Key: "ntp-servers", Values: ["169.254.169.123", "fd00:ec2::123"] },
    ];
    await aws.ec2.send(new CreateDhcpOptionsCommand({ DhcpConfigurations }));
  });

  it("refuses what switches nothing of a transit gateway", async () => {
    const Options = { DnsSupport: "perhaps" as "enable" };
    expect(await refusal(aws.ec2.send(new CreateTransitGatewayCommand({ Options })))).to.include({
      ...{ code: "InvalidParameterValue", message: "Value (perhaps) for parameter dnsSupport is invalid." },
    });
  });

  it("refuses what is no type of host name", async () => {
    const PrivateDnsHostnameTypeOnLaunch = "nickname" as "ip-name";
    const sent = aws.ec2.send(new ModifySubnetAttributeCommand({ SubnetId, PrivateDnsHostnameTypeOnLaunch }));
    expect(await refusal(sent)).to.include({ code: "InvalidParameterValue" });
  });

  it("makes interfaces of known types, and changes one attribute at a time", async () => {
    const wrong = aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, InterfaceType: "modem" as "efa" }));
    expect(await refusal(wrong)).to.include({
      code: "InvalidParameterValue",
      message: "Value (modem) for parameter interfaceType is invalid.",
    });
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId ?? "";
    const both = aws.ec2.send(
      new ModifyNetworkInterfaceAttributeCommand({
        ...{ NetworkInterfaceId, Description: { Value: "x" }, SourceDestCheck: { Value: false } },
      }),
    );
    expect(await refusal(both)).to.include({ code: "InvalidParameterCombination" });
    const { NetworkInterfaces = [] } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] }),
    );
    expect(NetworkInterfaces[0]).to.include({ Description: "", SourceDestCheck: true });
  });

  it("names a missing description as it is sent, and knows the types and codes of ICMP", async () => {
    const none = aws.ec2.send(new CreateSecurityGroupCommand({ GroupName: "x", Description: undefined }));
    expect(await refusal(none)).to.include({
      code: "MissingParameter",
      message: "The request must contain the parameter GroupDescription",
    });
    const { GroupId } = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: uniqueName("icmp"), Description: "x", VpcId }),
    );
    const rule = { IpProtocol: "icmp", ToPort: -1, IpRanges: [{ CidrIp: "10.0.0.0/8" }] };
    const wrong = aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...rule, FromPort: 300 }] }),
    );
    expect(await refusal(wrong)).to.include({ code: "InvalidParameterValue" });
    await aws.ec2.send(
      new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ ...rule, FromPort: 8 }] }),
    );
  });

  it("gives an instance a group once that is named by its id and its name", async () => {
    const GroupName = uniqueName("once");
    const { GroupId = "" } = await aws.ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: "x" }));
    const id = await runOne(aws.ec2, { SecurityGroups: [GroupName], SecurityGroupIds: [GroupId] });
    expect((await describeOne(aws.ec2, id)).SecurityGroups).to.deep.equal([{ GroupId, GroupName }]);
  });
});
