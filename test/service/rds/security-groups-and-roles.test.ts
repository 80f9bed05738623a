import { CreateSecurityGroupCommand, CreateVpcCommand } from "@aws-sdk/client-ec2";
import {
  AddRoleToDBInstanceCommand,
  AuthorizeDBSecurityGroupIngressCommand,
  CreateDBInstanceCommand,
  CreateDBSecurityGroupCommand,
  CreateDBSnapshotCommand,
  DeleteDBSecurityGroupCommand,
  DescribeDBSecurityGroupsCommand,
  DescribeDBShardGroupsCommand,
  DescribeDBSnapshotTenantDatabasesCommand,
  DescribeIntegrationsCommand,
  DescribeTenantDatabasesCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  ModifyDBSnapshotCommand,
  RemoveRoleFromDBInstanceCommand,
  RestoreDBInstanceToPointInTimeCommand,
  RevokeDBSecurityGroupIngressCommand,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, uniqueIdentifier, validRequest } from "./db-instances.ts";
import { refused } from "./rejection.ts";

describe("rds DB security groups, roles of instances and changed snapshots", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("keep what is authorized in a DB security group until it is revoked", async () => {
    const DBSecurityGroupName = uniqueIdentifier();
    const create = () =>
      aws.rds.send(
        new CreateDBSecurityGroupCommand({
          ...{ DBSecurityGroupName, DBSecurityGroupDescription: "for a test", Tags: [{ Key: "a", Value: "b" }] },
        }),
      );
    const { DBSecurityGroup: made } = await create();
    expect(made).to.deep.include({ OwnerId: "000000000000", IPRanges: [], EC2SecurityGroups: [] });
    expect(made?.DBSecurityGroupArn).to.equal(`arn:aws:rds:us-east-1:000000000000:secgrp:${DBSecurityGroupName}`);
    expect(await refused(create())).to.equal("DBSecurityGroupAlreadyExistsFault 400");
    const tags = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName: made?.DBSecurityGroupArn }));
    expect(tags.TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
    const authorize = (source: object) =>
      aws.rds.send(new AuthorizeDBSecurityGroupIngressCommand({ DBSecurityGroupName, ...source }));
    const range = { CIDRIP: "10.3.2.45/32" };
    const { DBSecurityGroup: opened } = await authorize(range);
    expect(opened?.IPRanges).to.deep.equal([{ ...range, Status: "authorized" }]);
    expect(await refused(authorize(range))).to.equal("AuthorizationAlreadyExistsFault 400");
    expect(await refused(authorize({ CIDRIP: "10.0.0.0/33" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(authorize({}))).to.equal("InvalidParameterCombination 400");
    await authorize({ EC2SecurityGroupId: "sg-0123456789abcdef0" });
    const [found] =
      (await aws.rds.send(new DescribeDBSecurityGroupsCommand({ DBSecurityGroupName }))).DBSecurityGroups ?? [];
    expect(found?.EC2SecurityGroups).to.deep.equal([
      { EC2SecurityGroupId: "sg-0123456789abcdef0", EC2SecurityGroupOwnerId: "000000000000", Status: "authorized" },
    ]);
    const revoke = () => aws.rds.send(new RevokeDBSecurityGroupIngressCommand({ DBSecurityGroupName, ...range }));
    expect((await revoke()).DBSecurityGroup?.IPRanges).to.deep.equal([]);
    expect(await refused(revoke())).to.equal("AuthorizationNotFoundFault 404");
    await aws.rds.send(new DeleteDBSecurityGroupCommand({ DBSecurityGroupName }));
    const gone = aws.rds.send(new DescribeDBSecurityGroupsCommand({ DBSecurityGroupName }));
    expect(await refused(gone)).to.equal("DBSecurityGroupNotFoundFault 404");
  });

  it("show the roles of an instance", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const role = { DBInstanceIdentifier, RoleArn: "arn:aws:iam::000000000000:role/import", FeatureName: "s3Import" };
    await aws.rds.send(new AddRoleToDBInstanceCommand(role));
    const { RoleArn, FeatureName } = role;
    expect((await describeInstance(aws.rds, DBInstanceIdentifier)).AssociatedRoles).to.deep.equal([
      { RoleArn, FeatureName, Status: "ACTIVE" },
    ]);
    const again = aws.rds.send(new AddRoleToDBInstanceCommand(role));
    expect(await refused(again)).to.equal("DBInstanceRoleAlreadyExistsFault 400");
    const unknown = aws.rds.send(new AddRoleToDBInstanceCommand({ ...role, FeatureName: "nothing" }));
    expect(await refused(unknown)).to.equal("InvalidParameterValue 400");
    await aws.rds.send(new RemoveRoleFromDBInstanceCommand(role));
    expect((await describeInstance(aws.rds, DBInstanceIdentifier)).AssociatedRoles).to.deep.equal([]);
    const gone = aws.rds.send(new RemoveRoleFromDBInstanceCommand(role));
    expect(await refused(gone)).to.equal("DBInstanceRoleNotFoundFault 404");
  });

  it("of a VPC are of the instance's own, and roles are of one instance", async () => {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
    const group = { GroupName: uniqueIdentifier(), Description: "of another VPC", VpcId: Vpc?.VpcId };
    const { GroupId = "" } = await aws.ec2.send(new CreateSecurityGroupCommand(group));
    const VpcSecurityGroupIds = [GroupId];
    const elsewhere = aws.rds.send(new CreateDBInstanceCommand(validRequest({ VpcSecurityGroupIds })));
    expect(await refused(elsewhere)).to.equal("InvalidParameterCombination 400");
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const change = new ModifyDBInstanceCommand({ DBInstanceIdentifier, VpcSecurityGroupIds });
    expect(await refused(aws.rds.send(change))).to.equal("InvalidParameterCombination 400");
    const role = { DBInstanceIdentifier, RoleArn: "arn:aws:iam::000000000000:role/import", FeatureName: "s3Import" };
    await aws.rds.send(new AddRoleToDBInstanceCommand(role));
    const target = { TargetDBInstanceIdentifier: uniqueIdentifier(), UseLatestRestorableTime: true };
    const { DBInstance: restored } = await aws.rds.send(
      new RestoreDBInstanceToPointInTimeCommand({ SourceDBInstanceIdentifier: DBInstanceIdentifier, ...target }),
    );
    expect(restored?.AssociatedRoles).to.deep.equal([]);
  });

  it("give a snapshot another engine version, and list no tenants of it", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { EngineVersion: "16.10" });
    const DBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier, DBInstanceIdentifier }));
    const waiting = { client: aws.rds, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
    await waitUntilDBSnapshotAvailable(waiting, { DBSnapshotIdentifier });
    const modify = (EngineVersion: string) =>
      aws.rds.send(new ModifyDBSnapshotCommand({ DBSnapshotIdentifier, EngineVersion }));
    expect((await modify("17.6")).DBSnapshot?.EngineVersion).to.equal("17.6");
    expect(await refused(modify("16.10"))).to.equal("InvalidParameterCombination 400");
    const ofSnapshot = await aws.rds.send(new DescribeDBSnapshotTenantDatabasesCommand({ DBSnapshotIdentifier }));
    expect(ofSnapshot.DBSnapshotTenantDatabases).to.deep.equal([]);
    const ofInstance = await aws.rds.send(new DescribeTenantDatabasesCommand({ DBInstanceIdentifier }));
    expect(ofInstance.TenantDatabases).to.deep.equal([]);
    const none = aws.rds.send(new DescribeTenantDatabasesCommand({ DBInstanceIdentifier: "none" }));
    expect(await refused(none)).to.equal("DBInstanceNotFoundFault 404");
    expect((await aws.rds.send(new DescribeIntegrationsCommand({}))).Integrations).to.deep.equal([]);
    const shards = aws.rds.send(new DescribeDBShardGroupsCommand({ DBShardGroupIdentifier: "none" }));
    expect(await refused(shards)).to.equal("DBShardGroupNotFoundFault 404");
  });
});
