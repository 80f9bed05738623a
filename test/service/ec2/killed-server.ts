import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachInternetGatewayCommand,
  AttachNetworkInterfaceCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
} from "@aws-sdk/client-ec2";
import { startLocalAws } from "../../support/server.ts";
import { describeOne, runOne } from "./support.ts";

/**
 * A LocalAWS to be killed, in the data folder and on the runtime that it is given: two instances in a VPC, of which the first has a further interface and the other an
 * Elastic IP, port 8080 open and nothing else. It says what it made as JSON, and goes on.
 */
const [dataDir = "", runtime = ""] = process.argv.slice(2);
const aws = await startLocalAws({ runtime, dataDir });
const { KeyMaterial } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName: "killed", KeyType: "ed25519" }));
const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.97.0.0/16" }));
const VpcId = Vpc?.VpcId;
const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: "10.97.1.0/24" }));
const SubnetId = Subnet?.SubnetId;
const Filters = [{ Name: "vpc-id", Values: [VpcId ?? ""] }];
const { SecurityGroups } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ Filters }));
const { RouteTables } = await aws.ec2.send(new DescribeRouteTablesCommand({ Filters }));
const GroupId = SecurityGroups?.[0]?.GroupId;
await aws.ec2.send(
  new AuthorizeSecurityGroupIngressCommand({
    GroupId,
    IpPermissions: [{ IpProtocol: "tcp", FromPort: 8080, ToPort: 8080, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
  }),
);
const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
const GatewayId = InternetGateway?.InternetGatewayId;
await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
const RouteTableId = RouteTables?.[0]?.RouteTableId;
await aws.ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", GatewayId }));
const ids = [
  await runOne(aws.ec2, { KeyName: "killed", SubnetId }),
  await runOne(aws.ec2, { KeyName: "killed", SubnetId }),
];
const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
await aws.ec2.send(new AttachNetworkInterfaceCommand({ InstanceId: ids[0], NetworkInterfaceId, DeviceIndex: 1 }));
const { AllocationId, PublicIp } = await aws.ec2.send(new AllocateAddressCommand({}));
await aws.ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId: ids[1] }));
const addresses = await Promise.all(ids.map(async (id) => (await describeOne(aws.ec2, id)).PrivateIpAddress));
const further = NetworkInterface?.PrivateIpAddress;
console.log(JSON.stringify({ ids, addresses, further, publicAddress: PublicIp, privateKey: KeyMaterial }));
setInterval(() => {}, 60_000);
