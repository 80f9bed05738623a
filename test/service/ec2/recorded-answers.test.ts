import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateKeyPairCommand,
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DeleteInternetGatewayCommand,
  DescribeAddressesCommand,
  DescribeInstanceStatusCommand,
  DescribeKeyPairsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcsCommand,
  DisassociateAddressCommand,
  ReleaseAddressCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { makeSubnet, makeVpc } from "./network-support.ts";
import { refusal, uniqueName } from "./support.ts";

/** Decision 154 says where the answers are from. */
describe("ec2 answers as they were recorded", () => {
  let aws: TestServer;
  let VpcId: string;
  let SubnetId: string;

  before(async () => {
    aws = await startLocalAws();
    VpcId = await makeVpc(aws.ec2);
    SubnetId = await makeSubnet(aws.ec2, VpcId);
  });
  after(() => aws.stop());

  for (const [id, code, message] of [
    ["i-", "InvalidInstanceID.Malformed", 'Invalid id: "i-"'],
    ["i-0", "InvalidInstanceID.NotFound", "The instance ID 'i-0' does not exist"],
    ["i-ABCDEF12", "InvalidInstanceID.NotFound", "The instance ID 'i-ABCDEF12' does not exist"],
    ["i-000000000", "InvalidInstanceID.Malformed", 'Invalid id: "i-000000000"'],
    ["i-00000000000000000", "InvalidInstanceID.Malformed", 'Invalid id: "i-00000000000000000"'],
    ["i-00000000000000001", "InvalidInstanceID.NotFound", "The instance ID 'i-00000000000000001' does not exist"],
  ] as const) {
    it(`DescribeInstanceStatus answers ${code} for ${id}`, async () => {
      const refused = await refusal(aws.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id] })));
      expect(refused).to.deep.include({ code, message });
    });
  }

  it("DescribeSecurityGroups takes an id of zeros for a malformed one, and tells no tags where there are none", async () => {
    const zeros = "sg-00000000000000000";
    const refused = await refusal(aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [zeros] })));
    expect(refused).to.deep.include({ code: "InvalidGroupId.Malformed", message: `Invalid id: "${zeros}"` });
    const made = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName: uniqueName("group"), Description: "d", VpcId }),
    );
    expect(made.Tags).to.equal(undefined);
    const { SecurityGroups } = await aws.ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [made.GroupId ?? ""] }),
    );
    expect(SecurityGroups?.[0]).to.not.have.property("Tags");
  });

  it("CreateVpc and CreateSubnet tell no blocks on public access, DescribeVpcs no empty list of IPv6 blocks", async () => {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.99.0.0/16" }));
    expect(Vpc?.BlockPublicAccessStates).to.equal(undefined);
    expect(Vpc?.Ipv6CidrBlockAssociationSet).to.deep.equal([]);
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.99.0.0/24" }));
    expect(Subnet?.BlockPublicAccessStates).to.equal(undefined);
    const { Vpcs } = await aws.ec2.send(new DescribeVpcsCommand({ VpcIds: [Vpc?.VpcId ?? ""] }));
    expect(Vpcs?.[0]).to.not.have.property("Ipv6CidrBlockAssociationSet");
    expect(Vpcs?.[0]?.BlockPublicAccessStates).to.deep.equal({ InternetGatewayBlockMode: "off" });
  });

  it("CreateNetworkAclEntry takes the very entry again, and no other with its number", async () => {
    const { NetworkAcl } = await aws.ec2.send(new CreateNetworkAclCommand({ VpcId }));
    const entry = {
      NetworkAclId: NetworkAcl?.NetworkAclId,
      RuleNumber: 100,
      Protocol: "6",
      RuleAction: "allow" as const,
      Egress: false,
      CidrBlock: "10.1.2.3/24",
      PortRange: { From: 80, To: 80 },
    };
    await aws.ec2.send(new CreateNetworkAclEntryCommand(entry));
    await aws.ec2.send(new CreateNetworkAclEntryCommand(entry));
    const other = aws.ec2.send(new CreateNetworkAclEntryCommand({ ...entry, RuleAction: "deny" }));
    expect((await refusal(other)).code).to.equal("NetworkAclEntryAlreadyExists");
  });

  it("CreateNetworkInterface says what is wrong with an address and with a description", async () => {
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId, CidrBlock: await freeBlock() }));
    const base = Subnet?.CidrBlock?.replace(/\.\d+\/\d+$/, "");
    const make = (members: object) =>
      aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: Subnet?.SubnetId, ...members }));
    const made = await make({ PrivateIpAddress: `${base}.4` });
    expect(made.ClientToken).to.equal(undefined);
    const { NetworkInterfaces } = await aws.ec2.send(
      new DescribeNetworkInterfacesCommand({
        NetworkInterfaceIds: [made.NetworkInterface?.NetworkInterfaceId ?? ""],
      }),
    );
    expect(NetworkInterfaces?.[0]?.Operator).to.deep.equal({ Managed: false, HiddenByDefault: false });
    expect(NetworkInterfaces?.[0]?.PublicDnsName).to.equal("");
    for (const [PrivateIpAddress, message] of [
      [`${base}.3`, "Address is in subnet's reserved address range"],
      [`${base}.15`, "Address is in subnet's reserved address range"],
      [`${base}.16`, "Address does not fall within the subnet's address range"],
      ["not-an-ip", "invalid value for parameter address: not-an-ip"],
      [`${base}.4`, "The specified address is already in use."],
    ]) {
      expect((await refusal(make({ PrivateIpAddress }))).message).to.equal(message);
    }
    const described = await refusal(make({ Description: "a <name>" }));
    expect(described.code).to.equal("InvalidParameterValue");
    expect(described.message).to.match(/^Invalid interface description\./);
  });

  /** A block of sixteen addresses that the VPC has left. */
  async function freeBlock(): Promise<string> {
    const { Vpcs } = await aws.ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }));
    return (Vpcs?.[0]?.CidrBlock ?? "").replace(/\.\d+\.\d+\/\d+$/, ".250.0/28");
  }

  it("DescribeAddresses finds what either kind of name names, and knows what is no address", async () => {
    const one = await aws.ec2.send(new AllocateAddressCommand({}));
    const two = await aws.ec2.send(new AllocateAddressCommand({}));
    const { Addresses = [] } = await aws.ec2.send(
      new DescribeAddressesCommand({ AllocationIds: [one.AllocationId ?? ""], PublicIps: [two.PublicIp ?? ""] }),
    );
    expect(Addresses.map(({ PublicIp }) => PublicIp)).to.have.members([one.PublicIp, two.PublicIp]);
    const bad = await refusal(aws.ec2.send(new DescribeAddressesCommand({ PublicIps: ["bad"] })));
    expect(bad).to.deep.include({
      code: "InvalidParameterValue",
      message: "Invalid value 'bad' for PublicIp. Not a valid IPv4 address.",
    });
  });

  it("dry runs of Elastic IPs say nothing of what they name", async () => {
    for (const command of [
      new AllocateAddressCommand({ DryRun: true, Domain: "invalid" as "vpc" }),
      new DescribeAddressesCommand({ DryRun: true, AllocationIds: ["bad"] }),
      new AssociateAddressCommand({ DryRun: true }),
      new DisassociateAddressCommand({ DryRun: true, AssociationId: "bad" }),
      new ReleaseAddressCommand({ DryRun: true }),
    ]) {
      expect((await refusal(aws.ec2.send(command as AllocateAddressCommand))).code).to.equal("DryRunOperation");
    }
  });

  it("AssociateAddress says what it lacks", async () => {
    const { AllocationId, PublicIp } = await aws.ec2.send(new AllocateAddressCommand({}));
    const { NetworkInterface } = await aws.ec2.send(new CreateNetworkInterfaceCommand({ SubnetId }));
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId;
    for (const [members, message] of [
      [{ AllocationId }, "Either instance ID or network interface id must be specified"],
      [
        { PublicIp, NetworkInterfaceId },
        "You must specify an allocation id when mapping an address to a network interface",
      ],
      [
        { AllocationId, NetworkInterfaceId, PrivateIpAddress: "10.0.0.250" },
        `10.0.0.250 is not mapped to the interface ${NetworkInterfaceId}`,
      ],
      [
        { AllocationId, NetworkInterfaceId, PrivateIpAddress: "bad" },
        "invalid value for parameter private-address: bad",
      ],
    ] as const) {
      expect((await refusal(aws.ec2.send(new AssociateAddressCommand(members)))).message).to.equal(message);
    }
  });

  for (const [what, members, message] of [
    [
      "a long name",
      { KeyName: "x".repeat(256) },
      "Value for parameter KeyName is invalid. Length exceeds maximum of 255.",
    ],
    ["a name with a space before it", { KeyName: " k" }, "Invalid value ' k' for keyName. It should be trimmed"],
    [
      "a name beyond ASCII",
      { KeyName: "\u00e9" },
      "Value for parameter KeyName is invalid. Character sets beyond ASCII are not supported.",
    ],
    [
      "a type that is none",
      { KeyName: "k", KeyType: "ecdsa" as "rsa" },
      "1 validation error detected: Value 'ecdsa' at 'keyType' failed to satisfy constraint: Member must satisfy enum value set: [rsa, ed25519]",
    ],
  ] as const) {
    it(`CreateKeyPair says what is wrong with ${what}, and a dry run does not`, async () => {
      const refused = await refusal(aws.ec2.send(new CreateKeyPairCommand(members)));
      expect(refused).to.deep.include({ code: "InvalidParameterValue", message });
      const dry = await refusal(aws.ec2.send(new CreateKeyPairCommand({ ...members, DryRun: true })));
      expect(dry.code).to.equal("DryRunOperation");
    });
  }

  it("DescribeKeyPairs takes names or ids, and knows what is no id", async () => {
    const describePairs = async (members: { KeyNames?: string[]; KeyPairIds?: string[] }) =>
      refusal(aws.ec2.send(new DescribeKeyPairsCommand(members)));
    expect(await describePairs({ KeyNames: ["k"], KeyPairIds: ["key-00000000000000001"] })).to.deep.include({
      code: "InvalidParameterCombination",
      message: "The parameter 'keyPairId' may not be used in combination with 'keyName'",
    });
    for (const id of ["bad", "key-0123456789abcdef0"]) {
      expect(await describePairs({ KeyPairIds: [id] })).to.deep.include({
        code: "InvalidParameterValue",
        message: `Invalid value '${id}' for keyPairId.`,
      });
    }
  });

  it("DescribeKeyPairs tells a public key as a line", async () => {
    const KeyName = uniqueName("key");
    await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    const { KeyPairs } = await aws.ec2.send(
      new DescribeKeyPairsCommand({ KeyNames: [KeyName], IncludePublicKey: true }),
    );
    expect(KeyPairs?.[0]?.PublicKey).to.match(new RegExp(`^ssh-ed25519 [A-Za-z0-9+/=]+ ${KeyName}\\n$`));
  });

  it("dry runs of internet gateways say nothing of attachments", async () => {
    const { InternetGateway } = await aws.ec2.send(new CreateInternetGatewayCommand({}));
    const InternetGatewayId = InternetGateway?.InternetGatewayId;
    await aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId }));
    const attach = aws.ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId, VpcId, DryRun: true }));
    expect((await refusal(attach)).code).to.equal("DryRunOperation");
    const remove = aws.ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId, DryRun: true }));
    expect((await refusal(remove)).code).to.equal("DryRunOperation");
  });
});
