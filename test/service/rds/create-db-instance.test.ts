import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  DescribeDBInstancesCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, describeInstance, masterPassword, uniqueIdentifier, validRequest } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds CreateDBInstance", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("answers creating without an endpoint, and becomes available with one", async () => {
    const request = validRequest();
    const { DBInstance } = await aws.rds.send(new CreateDBInstanceCommand(request));
    expect(DBInstance).to.include({ DBInstanceIdentifier: request.DBInstanceIdentifier, DBInstanceStatus: "creating" });
    expect(DBInstance).not.to.have.property("Endpoint");
    expect(DBInstance?.PendingModifiedValues).to.deep.equal({ MasterUserPassword: "****" });

    const { Endpoint } = await createAvailable(aws.rds);
    expect(Endpoint).to.include({ Address: "localhost", HostedZoneId: "Z2R2ITUGPM61AM" });
  });

  it("gives the port that is asked for, or the engine's own, where nothing listens to several", async () => {
    const portOf = async (changes: Partial<CreateDBInstanceCommandInput>) =>
      (await createAvailable(aws.rds, changes)).Endpoint?.Port;
    expect(await portOf({})).to.equal(5432);
    expect(await portOf({ Engine: "mariadb" })).to.equal(3306);
    expect(await portOf({ Port: 5999 })).to.equal(5999);
    expect(await portOf({ Port: 5999 })).to.equal(5999);
  });

  it("takes gp2 for what is too small for gp3, unless a type is asked for", async () => {
    const small = await createAvailable(aws.rds, { AllocatedStorage: 10 });
    expect(small).to.include({ AllocatedStorage: 10, StorageType: "gp2", StorageThroughput: 0 });
  });

  it("shows what RDS shows of an instance with defaults", async () => {
    const instance = await createAvailable(aws.rds, { PreferredBackupWindow: undefined });
    const major = instance.EngineVersion?.split(".")[0];
    expect(instance).to.deep.include({
      Engine: "postgres",
      AllocatedStorage: 20,
      StorageType: "gp3",
      Iops: 3000,
      StorageThroughput: 125,
      BackupRetentionPeriod: 1,
      DBSecurityGroups: [],
      DBParameterGroups: [{ DBParameterGroupName: `default.postgres${major}`, ParameterApplyStatus: "in-sync" }],
      OptionGroupMemberships: [{ OptionGroupName: `default:postgres-${major}`, Status: "in-sync" }],
      AvailabilityZone: "us-east-1a",
      PendingModifiedValues: {},
      MultiAZ: false,
      AutoMinorVersionUpgrade: true,
      LicenseModel: "postgresql-license",
      PubliclyAccessible: true,
      StorageEncrypted: false,
      CACertificateIdentifier: "rds-ca-rsa2048-g1",
      CopyTagsToSnapshot: false,
      MonitoringInterval: 0,
      IAMDatabaseAuthenticationEnabled: false,
      PerformanceInsightsEnabled: false,
      DeletionProtection: false,
      NetworkType: "IPV4",
      BackupTarget: "region",
      UpgradeRolloutOrder: "second",
      TagList: [],
    });
    expect(instance.DbiResourceId).to.match(/^db-[A-Z0-9]{26}$/);
    expect(instance.DBInstanceArn).to.equal(`arn:aws:rds:us-east-1:000000000000:db:${instance.DBInstanceIdentifier}`);
    expect(instance.PreferredBackupWindow).to.match(/^\d\d:\d\d-\d\d:\d\d$/);
    expect(instance.PreferredMaintenanceWindow).to.match(/^[a-z]{3}:\d\d:\d\d-[a-z]{3}:\d\d:\d\d$/);
    expect(instance.InstanceCreateTime?.getTime()).to.be.closeTo(Date.now(), 60_000);
  });

  it("never shows the password", async () => {
    const instance = await createAvailable(aws.rds);
    expect(JSON.stringify(instance)).not.to.include(masterPassword);
  });

  it("keeps the identifier in lower case, and finds it in any", async () => {
    const identifier = uniqueIdentifier().toUpperCase();
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { DBInstanceIdentifier: identifier });
    expect(DBInstanceIdentifier).to.equal(identifier.toLowerCase());
    expect(await describeInstance(aws.rds, identifier)).to.have.property("DBInstanceIdentifier", DBInstanceIdentifier);
  });

  it("runs the newest version of the major that is asked for, and says which", async () => {
    const { EngineVersion = "" } = await createAvailable(aws.rds);
    const [major] = EngineVersion.split(".");
    const instance = await createAvailable(aws.rds, { EngineVersion: major });
    expect(instance.EngineVersion).to.match(new RegExp(`^${major}\\.\\d+`));
  });

  it("takes empty text for nothing, as Terraform sends it", async () => {
    const { EngineVersion } = await createAvailable(aws.rds);
    const blanks = { EngineVersion: "", DBName: "", KmsKeyId: "", AvailabilityZone: "", PreferredBackupWindow: "" };
    const instance = await createAvailable(aws.rds, blanks);
    expect(instance).to.include({ EngineVersion, AvailabilityZone: "us-east-1a" }).and.not.to.have.property("DBName");
    expect(instance.PreferredBackupWindow).to.match(/^\d\d:\d\d-/);
  });

  it("rejects an identifier that is taken with DBInstanceAlreadyExists", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const request = validRequest({ DBInstanceIdentifier: DBInstanceIdentifier.toUpperCase() });
    const error = await rejectionOf(aws.rds.send(new CreateDBInstanceCommand(request)));
    expect(error).to.include({
      name: "DBInstanceAlreadyExistsFault",
      status: 400,
      message: "DB instance already exists",
    });
  });

  it("makes one instance of two requests with the same identifier at once", async () => {
    const request = validRequest();
    const results = await Promise.allSettled([1, 2].map(() => aws.rds.send(new CreateDBInstanceCommand(request))));
    expect(results.map((result) => result.status).sort()).to.deep.equal(["fulfilled", "rejected"]);
  });

  it("keeps the tags of the request", async () => {
    const { TagList, DBInstanceArn } = await createAvailable(aws.rds, { Tags: [{ Key: "team", Value: "data" }] });
    expect(TagList).to.deep.equal([{ Key: "team", Value: "data" }]);
    await aws.rds.send(new AddTagsToResourceCommand({ ResourceName: DBInstanceArn, Tags: [{ Key: "a", Value: "" }] }));
    const { DBInstances } = await aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: DBInstanceArn }));
    expect(DBInstances?.[0]?.TagList).to.deep.equal([
      { Key: "a", Value: "" },
      { Key: "team", Value: "data" },
    ]);
  });

  it("chooses each window apart from one that is asked for", async () => {
    const asked = [{ PreferredBackupWindow: "03:10-07:20" }, { PreferredMaintenanceWindow: "Sun:03:10-Sun:07:20" }];
    const windows = await Promise.all(Array.from({ length: 16 }, (_, n) => createAvailable(aws.rds, asked[n % 2])));
    for (const { PreferredBackupWindow = "", PreferredMaintenanceWindow = "" } of windows) {
      const chosen = PreferredBackupWindow === "03:10-07:20" ? PreferredMaintenanceWindow : PreferredBackupWindow;
      const [from = "", to = ""] = chosen.replaceAll(/[a-z]{3}:/g, "").split("-");
      expect(to <= "03:10" || from >= "07:20", `${chosen} is apart`).to.equal(true);
    }
  });

  const refused: [what: string, changes: Parameters<typeof validRequest>[0], code: string, message: RegExp][] = [
    [
      "an identifier that begins with a digit",
      { DBInstanceIdentifier: "1db" },
      "InvalidParameterValue",
      /valid identifier/,
    ],
    [
      "an identifier with two hyphens in a row",
      { DBInstanceIdentifier: "a--b" },
      "InvalidParameterValue",
      /two consecutive/,
    ],
    [
      "an identifier that ends with a hyphen",
      { DBInstanceIdentifier: "a-" },
      "InvalidParameterValue",
      /valid identifier/,
    ],
    [
      "an identifier of 64 letters",
      { DBInstanceIdentifier: "a".repeat(64) },
      "InvalidParameterValue",
      /valid identifier/,
    ],
    ["an engine that is not emulated", { Engine: "oracle-ee" }, "InvalidParameterValue", /Invalid DB engine.*postgres/],
    [
      "an unknown version",
      { EngineVersion: "9.9" },
      "InvalidParameterCombination",
      /^Cannot find version 9\.9 for postgres$/,
    ],
    [
      "an unknown class",
      { DBInstanceClass: "db.x9.big" },
      "InvalidParameterValue",
      /^Invalid DB Instance class: db\.x9\.big$/,
    ],
    [
      "a class of older engines",
      { DBInstanceClass: "db.t2.micro" },
      "InvalidParameterCombination",
      /DBInstanceClass=db\.t2\.micro/,
    ],
    [
      "19 GiB of gp3",
      { AllocatedStorage: 19, StorageType: "gp3" },
      "InvalidParameterCombination",
      /^Invalid storage size for engine name postgres and storage type gp3: 19$/,
    ],
    ["4 GiB", { AllocatedStorage: 4 }, "InvalidParameterCombination", /: 4$/],
    ["no storage", { AllocatedStorage: undefined }, "InvalidParameterValue", /AllocatedStorage must be provided/],
    [
      "65,537 GiB of gp2",
      { AllocatedStorage: 65_537, StorageType: "gp2" },
      "InvalidParameterCombination",
      /gp2: 65537$/,
    ],
    [
      "a key of what is not encrypted",
      { KmsKeyId: "alias/own" },
      "InvalidParameterCombination",
      /^You must enable StorageEncrypted when you specify KmsKeyId for DB engine postgres$/,
    ],
    [
      "99 GiB of io1",
      { AllocatedStorage: 99, StorageType: "io1", Iops: 1000 },
      "InvalidParameterCombination",
      /io1: 99$/,
    ],
    [
      "io1 without IOPS",
      { AllocatedStorage: 100, StorageType: "io1" },
      "InvalidParameterCombination",
      /^The storage type io1 requires iops to be specified\.$/,
    ],
    ["IOPS for a small gp3 volume", { Iops: 4000, StorageType: "gp3" }, "InvalidParameterCombination", /less than 400/],
    ["an unknown storage type", { StorageType: "floppy" }, "InvalidParameterValue", /storage type/],
    [
      "a reserved user name",
      { MasterUsername: "admin" },
      "InvalidParameterValue",
      /^MasterUsername admin cannot be used as it is a reserved word/,
    ],
    ["a user name of PostgreSQL's own", { MasterUsername: "pg_me" }, "InvalidParameterValue", /reserved word/],
    ["a user name with a hyphen", { MasterUsername: "my-user" }, "InvalidParameterValue", /^Invalid master user name$/],
    ["no user name", { MasterUsername: undefined }, "InvalidParameterValue", /MasterUsername must be provided/],
    [
      "a password of 7 characters",
      { MasterUserPassword: "1234567" },
      "InvalidParameterValue",
      /shorter than 8 characters\.$/,
    ],
    [
      "a password of 129 characters",
      { MasterUserPassword: "x".repeat(129) },
      "InvalidParameterValue",
      /longer than 128/,
    ],
    ["a password with a slash", { MasterUserPassword: "1234/5678" }, "InvalidParameterValue", /printable ASCII/],
    ["a password with a space", { MasterUserPassword: "1234 5678" }, "InvalidParameterValue", /printable ASCII/],
    ["a database name with a hyphen", { DBName: "my-db" }, "InvalidParameterValue", /^DBName must begin with a letter/],
    ["a port below 1150", { Port: 1149 }, "InvalidParameterValue", /1150/],
    [
      "36 days of backups",
      { BackupRetentionPeriod: 36 },
      "InvalidParameterValue",
      /^Invalid backup retention period: 36/,
    ],
    [
      "a backup window of 10 minutes",
      { PreferredBackupWindow: "03:00-03:10" },
      "InvalidParameterValue",
      /^Backup window must be at least 30 minutes\.$/,
    ],
    [
      "windows that overlap",
      { PreferredBackupWindow: "03:00-04:00", PreferredMaintenanceWindow: "mon:03:30-mon:04:30" },
      "InvalidParameterValue",
      /must not overlap/,
    ],
    [
      "a parameter group that is not there",
      { DBParameterGroupName: "mine" },
      "DBParameterGroupNotFoundFault",
      /^DBParameterGroup not found: mine$/,
    ],
    ["a subnet group that is not there", { DBSubnetGroupName: "mine" }, "DBSubnetGroupNotFoundFault", /mine/],
    ["an option group that is not there", { OptionGroupName: "mine" }, "OptionGroupNotFoundFault", /mine/],
    ["a cluster that is not there", { DBClusterIdentifier: "mine" }, "DBClusterNotFoundFault", /mine/],
    [
      "a security group that is not there",
      { VpcSecurityGroupIds: ["sg-00000000000000000"] },
      "InvalidParameterValue",
      /^Invalid security group , groupId= sg-00000000000000000/,
    ],
    ["a zone of another region", { AvailabilityZone: "eu-west-1a" }, "InvalidParameterValue", /eu-west-1a/],
    ["tags with a reserved prefix", { Tags: [{ Key: "aws:me", Value: "" }] }, "InvalidParameterValue", /aws:/],
    [
      "a password beside one that RDS manages",
      { ManageMasterUserPassword: true },
      "InvalidParameterValue",
      /mutually exclusive/,
    ],
    [
      "IAM authentication",
      { MasterUserAuthenticationType: "iam-db-auth" },
      "NotImplemented",
      /IAM database authentication/,
    ],
  ];
  for (const [what, changes, code, message] of refused) {
    it(`rejects ${what} with ${code}, and makes nothing`, async () => {
      const request = validRequest(changes);
      const error = await rejectionOf(aws.rds.send(new CreateDBInstanceCommand(request)));
      expect(error.name).to.equal(code);
      expect(error.message).to.match(message);
      const { DBInstances } = await aws.rds.send(
        new DescribeDBInstancesCommand({
          Filters: [{ Name: "db-instance-id", Values: [request.DBInstanceIdentifier ?? ""] }],
        }),
      );
      expect(DBInstances).to.deep.equal([]);
    });
  }
});
