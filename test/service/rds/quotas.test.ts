import {
  CopyDBSnapshotCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  CreateDBSubnetGroupCommand,
  CreateOptionGroupCommand,
  DeleteDBInstanceCommand,
  DeleteOptionGroupCommand,
  DescribeAccountAttributesCommand,
  DescribeDBSnapshotAttributesCommand,
  ModifyDBSnapshotAttributeCommand,
  waitUntilDBSnapshotAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, uniqueIdentifier, validRequest } from "./db-instances.ts";
import { refusal, refused } from "./rejection.ts";

describe("rds quotas", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  /** What there is, and what there may be. */
  const quota = async (name: string) => {
    const { AccountQuotas = [] } = await aws.rds.send(new DescribeAccountAttributesCommand({}));
    const { Used = 0, Max = 0 } = AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === name) ?? {};
    return { Used, Max };
  };

  it("let no more option groups be made than there may be, and others in place of those that are deleted", async () => {
    const create = (OptionGroupName = uniqueIdentifier()) => {
      const of = { EngineName: "mysql", MajorEngineVersion: "8.0", OptionGroupDescription: "of a test" };
      return aws.rds.send(new CreateOptionGroupCommand({ OptionGroupName, ...of }));
    };
    const { Used, Max } = await quota("OptionGroups");
    const name = uniqueIdentifier();
    await create(name);
    for (let made = Used + 1; made < Max; made++) await create();
    expect(await refusal(create())).to.equal("OptionGroupQuotaExceededFault 400: Option group quota exceeded");
    expect(await quota("OptionGroups")).to.deep.equal({ Used: Max, Max });
    expect(await refused(create(name))).to.equal("OptionGroupAlreadyExistsFault 400");
    await aws.rds.send(new DeleteOptionGroupCommand({ OptionGroupName: name }));
    await create();
  });

  it("let a snapshot be shared with twenty accounts, and with everybody", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const DBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    const share = (ValuesToAdd: string[]) =>
      aws.rds.send(
        new ModifyDBSnapshotAttributeCommand({ DBSnapshotIdentifier, AttributeName: "restore", ValuesToAdd }),
      );
    const accounts = Array.from({ length: 21 }, (_, number) => String(number + 1).padStart(12, "0"));
    expect(await refused(share(accounts))).to.equal("SharedSnapshotQuotaExceededFault 400");
    await share([...accounts.slice(1), "all"]);
    const { DBSnapshotAttributesResult } = await aws.rds.send(
      new DescribeDBSnapshotAttributesCommand({ DBSnapshotIdentifier }),
    );
    expect(DBSnapshotAttributesResult?.DBSnapshotAttributes?.[0]?.AttributeValues).to.have.length(21);
  });

  it("count manual snapshots, of which an instance that would leave one more behind is not deleted", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const first = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier: first }));
    const waiting = { client: aws.rds, minDelay: 0.05, maxDelay: 0.2, maxWaitTime: 60 };
    await waitUntilDBSnapshotAvailable(waiting, { DBSnapshotIdentifier: first });
    const copy = () => {
      const TargetDBSnapshotIdentifier = uniqueIdentifier();
      return aws.rds.send(new CopyDBSnapshotCommand({ SourceDBSnapshotIdentifier: first, TargetDBSnapshotIdentifier }));
    };
    const { Used, Max } = await quota("ManualSnapshots");
    for (let made = Used; made < Max; made++) await copy();
    const tooMany = "SnapshotQuotaExceededFault 400: Cannot create more than 100 manual snapshots";
    expect(await refusal(copy())).to.equal(tooMany);
    const last = { DBInstanceIdentifier, FinalDBSnapshotIdentifier: uniqueIdentifier() };
    expect(await refusal(aws.rds.send(new DeleteDBInstanceCommand(last)))).to.equal(tooMany);
    // RDS takes its own all the same.
    await createAvailable(aws.rds, { BackupRetentionPeriod: 1 });
  });

  it("let a subnet group have no more subnets than it may", async () => {
    const SubnetIds = Array.from({ length: 21 }, (_, number) => `subnet-${String(number).padStart(8, "0")}`);
    const group = { DBSubnetGroupName: uniqueIdentifier(), DBSubnetGroupDescription: "of a test", SubnetIds };
    expect(await refused(aws.rds.send(new CreateDBSubnetGroupCommand(group)))).to.equal(
      "DBSubnetQuotaExceededFault 400",
    );
  });

  it("let no more instances be made than there may be", async () => {
    const create = () =>
      aws.rds.send(new CreateDBInstanceCommand(validRequest({ BackupRetentionPeriod: 0, AllocatedStorage: 5 })));
    const { Used, Max } = await quota("DBInstances");
    for (let made = Used; made < Max; made++) await create();
    expect(await refusal(create())).to.equal("InstanceQuotaExceededFault 400: DB Instance quota exceeded");
  });
});
