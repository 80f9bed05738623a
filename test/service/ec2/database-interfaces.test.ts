import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  DeleteSecurityGroupCommand,
  DeleteSubnetCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { makeSubnet, makeVpc } from "./network-support.ts";
import { refusal } from "./support.ts";

describe("ec2 interfaces of databases", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const DBInstanceIdentifier = "in-a-subnet";

  async function makeGroup(VpcId: string, GroupName: string): Promise<string> {
    const made = await aws.ec2.send(new CreateSecurityGroupCommand({ VpcId, GroupName, Description: "of a database" }));
    return made.GroupId ?? "";
  }

  async function interfacesIn(subnetId: string) {
    const Filters = [{ Name: "subnet-id", Values: [subnetId] }];
    return (await aws.ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))).NetworkInterfaces ?? [];
  }

  function untilAvailable() {
    return eventually("the database is available", async () => {
      const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
      return DBInstances?.[0]?.DBInstanceStatus === "available";
    });
  }

  it("hold the subnet and the security groups of a DB instance until it is deleted", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const first = await makeSubnet(aws.ec2, VpcId);
    const { Subnet } = await aws.ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: "10.0.1.0/24", AvailabilityZone: "us-east-1b" }),
    );
    const second = Subnet?.SubnetId ?? "";
    const before = await makeGroup(VpcId, "before");
    const afterwards = await makeGroup(VpcId, "afterwards");
    const DBSubnetGroupName = "subnets";
    await aws.rds.send(
      new CreateDBSubnetGroupCommand({
        ...{ DBSubnetGroupName, DBSubnetGroupDescription: "of both zones", SubnetIds: [first, second] },
      }),
    );
    await aws.rds.send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier, DBSubnetGroupName, VpcSecurityGroupIds: [before], AvailabilityZone: "us-east-1b" },
        ...{ DBInstanceClass: "db.t3.micro", Engine: "postgres", AllocatedStorage: 20 },
        ...{ MasterUsername: "someone", MasterUserPassword: "password-of-someone" },
      }),
    );

    expect(await interfacesIn(first)).to.deep.equal([]);
    const [own] = await interfacesIn(second);
    expect(own).to.include({
      ...{ Description: "RDSNetworkInterface", RequesterId: "amazon-rds", RequesterManaged: true, Status: "in-use" },
      ...{ InterfaceType: "interface", VpcId },
    });
    expect(own?.Attachment).to.include({ InstanceOwnerId: "amazon-rds", Status: "attached" });
    expect(own?.Groups).to.deep.equal([{ GroupId: before, GroupName: "before" }]);
    const { Subnets } = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [second] }));
    expect(Subnets?.[0]?.AvailableIpAddressCount).to.equal(250);

    const subnet = await refusal(aws.ec2.send(new DeleteSubnetCommand({ SubnetId: second })));
    expect(subnet).to.include({ code: "DependencyViolation" });
    const group = await refusal(aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: before })));
    expect(group).to.include({ code: "DependencyViolation" });

    await untilAvailable();
    await aws.rds.send(
      new ModifyDBInstanceCommand({
        ...{ DBInstanceIdentifier, VpcSecurityGroupIds: [afterwards], ApplyImmediately: true },
      }),
    );
    await eventually("the first group is free", async () => {
      const [{ Groups = [] } = {}] = await interfacesIn(second);
      return Groups[0]?.GroupId === afterwards;
    });
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: before }));
    expect((await interfacesIn(second)).map(({ NetworkInterfaceId }) => NetworkInterfaceId)).to.deep.equal([
      own?.NetworkInterfaceId,
    ]);

    await untilAvailable();
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await eventually("the interface is gone", async () => (await interfacesIn(second)).length === 0);
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId: afterwards }));
    await aws.ec2.send(new DeleteSubnetCommand({ SubnetId: second }));
  });
});
