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
  CreateDBProxyCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBInstanceCommand,
  DeleteDBProxyCommand,
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

  it("hold the subnets and the security groups of a DB proxy until it is deleted", async () => {
    const VpcId = await makeVpc(aws.ec2, "10.1.0.0/16");
    const first = await makeSubnet(aws.ec2, VpcId, "10.1.0.0/24");
    const { Subnet } = await aws.ec2.send(
      new CreateSubnetCommand({ VpcId, CidrBlock: "10.1.1.0/24", AvailabilityZone: "us-east-1b" }),
    );
    const VpcSubnetIds = [first, Subnet?.SubnetId ?? ""];
    const GroupId = await makeGroup(VpcId, "of a proxy");
    const DBProxyName = "between";
    await aws.rds.send(
      new CreateDBProxyCommand({
        ...{ DBProxyName, EngineFamily: "POSTGRESQL", VpcSubnetIds, VpcSecurityGroupIds: [GroupId] },
        RoleArn: "arn:aws:iam::000000000000:role/proxy",
        Auth: [{ SecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf" }],
      }),
    );
    for (const subnetId of VpcSubnetIds) {
      const [own, ...others] = await interfacesIn(subnetId);
      expect(others).to.deep.equal([]);
      expect(own).to.deep.include({
        ...{ Description: "Network interface for DBProxy between", RequesterId: "amazon-rds", RequesterManaged: true },
        Groups: [{ GroupId, GroupName: "of a proxy" }],
      });
      const inUse = await refusal(aws.ec2.send(new DeleteSubnetCommand({ SubnetId: subnetId })));
      expect(inUse).to.include({ code: "DependencyViolation" });
    }
    await aws.rds.send(new DeleteDBProxyCommand({ DBProxyName }));
    await eventually("the interfaces are gone", async () => (await interfacesIn(first)).length === 0);
    await aws.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
    for (const SubnetId of VpcSubnetIds) await aws.ec2.send(new DeleteSubnetCommand({ SubnetId }));
  });
});
