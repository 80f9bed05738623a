import {
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  type DBInstance,
  DescribePendingMaintenanceActionsCommand,
  ModifyDBClusterCommand,
  type ModifyDBClusterCommandInput,
  ModifyDBInstanceCommand,
  type ModifyDBInstanceCommandInput,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster } from "./db-clusters.ts";
import { createAvailable, validRequest } from "./db-instances.ts";
import { refusal } from "./rejection.ts";

type Request = Partial<CreateDBInstanceCommandInput>;

const MonitoringRoleArn = "arn:aws:iam::000000000000:role/monitoring";
const advanced = { EnablePerformanceInsights: true, DatabaseInsightsMode: "advanced" } as const;
const gp3 = { StorageType: "gp3", AllocatedStorage: 400 };

const refusedRequests: readonly (readonly [what: string, request: Request, answer: RegExp])[] = [
  ["an interval without a role", { MonitoringInterval: 60 }, /Combination 400: A MonitoringRoleARN value is required/],
  ["a role without an interval", { MonitoringRoleArn }, /Combination 400: You must specify a MonitoringInterval value/],
  [
    "another interval",
    { MonitoringInterval: 7, MonitoringRoleArn },
    /Value 400: Invalid monitoring interval, please enter a value in \[0, 1, 5, 10, 15, 30, 60\]$/,
  ],
  [
    "what is no role",
    { MonitoringInterval: 60, MonitoringRoleArn: "monitoring" },
    /Value 400: IAM role ARN value is invalid .*ENHANCED_MONITORING/,
  ],
  [
    "a retention of Performance Insights that are off",
    { PerformanceInsightsRetentionPeriod: 7 },
    /Combination 400: To enable Performance Insights, EnablePerformanceInsights must be set to 'true'/,
  ],
  [
    "another retention of Performance Insights",
    { EnablePerformanceInsights: true, PerformanceInsightsRetentionPeriod: 10 },
    /Value 400: Invalid Performance Insights retention period\. Valid values are: \[7, 31, 62, .*, 713, 731\]$/,
  ],
  [
    "Performance Insights of a small MySQL",
    { Engine: "mysql", EnablePerformanceInsights: true },
    /Combination 400: Performance Insights not supported for this configuration\./,
  ],
  [
    "the Advanced mode with a week of history",
    advanced,
    /Combination 400: You can't enable the Advanced mode .* at least 31 days/,
  ],
  [
    "a character set",
    { CharacterSetName: "utf8" },
    /Combination 400: You tried to modify the character set, .* using version 17 of postgres\.$/,
  ],
  ["a time zone", { Timezone: "UTC" }, /Combination 400: You can't specify a time zone/],
  ["another network type", { NetworkType: "IPV6" }, /Value 400: Invalid network type: IPV6/],
  ["two address families in subnets of one", { NetworkType: "DUAL" }, /^NetworkTypeNotSupported 400/],
  [
    "a log that the engine does not write",
    { EngineVersion: "16.3", EnableCloudwatchLogsExports: ["audit"] },
    /Combination 400: You cannot use the log types 'audit' with engine version postgres 16\.3\./,
  ],
  ["another lifecycle", { EngineLifecycleSupport: "forever" }, /Value 400: Invalid engine lifecycle support: forever/],
  [
    "too many IOPS for the size",
    { StorageType: "io1", AllocatedStorage: 100, Iops: 5001 },
    /Combination 400: Invalid iops to storage \(GiB\) ratio for engine name postgres and storage type io1: 50\.0100$/,
  ],
  ["too much throughput", { ...gp3, StorageThroughput: 4001 }, /Combination 400: Invalid storage throughput value/],
  ["more throughput than the IOPS carry", { ...gp3, Iops: 12_000, StorageThroughput: 3001 }, /throughput value/],
  [
    "a class of the generation before",
    { DBInstanceClass: "db.t2.micro", EngineVersion: "16.3" },
    /Combination 400: RDS does not support creating a DB instance with the following combination: DBInstanceClass=db\.t2\.micro, Engine=postgres, EngineVersion=16\.3/,
  ],
];

const takenRequests: readonly (readonly [what: string, request: Request, expected: Partial<DBInstance>])[] = [
  ["Enhanced Monitoring", { MonitoringInterval: 15, MonitoringRoleArn }, { MonitoringInterval: 15, MonitoringRoleArn }],
  [
    "the Advanced mode with its history",
    { ...advanced, PerformanceInsightsRetentionPeriod: 465 },
    { DatabaseInsightsMode: "advanced", PerformanceInsightsRetentionPeriod: 465 },
  ],
  [
    "logs of the engine",
    { EnableCloudwatchLogsExports: ["postgresql", "upgrade"] },
    { EnabledCloudwatchLogsExports: ["postgresql", "upgrade"] },
  ],
  ["as many IOPS as the size allows", { StorageType: "io1", AllocatedStorage: 100, Iops: 5000 }, { Iops: 5000 }],
  [
    "as much throughput as the IOPS carry",
    { ...gp3, Iops: 16_000, StorageThroughput: 4000 },
    { StorageThroughput: 4000 },
  ],
  ["newer classes", { DBInstanceClass: "db.r8g.xlarge" }, { DBInstanceClass: "db.r8g.xlarge" }],
  [
    "a class of the generation before with a version of its time",
    { DBInstanceClass: "db.t2.micro", EngineVersion: "12.22" },
    { DBInstanceClass: "db.t2.micro", EngineVersion: "12.22" },
  ],
  [
    "IAM authentication where nothing runs",
    { Engine: "mysql", EnableIAMDatabaseAuthentication: true },
    { IAMDatabaseAuthenticationEnabled: true },
  ],
];

describe("rds settings of instances", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  for (const [what, request, answer] of refusedRequests) {
    it(`CreateDBInstance refuses ${what}`, async () => {
      expect(await refusal(aws.rds.send(new CreateDBInstanceCommand(validRequest(request))))).to.match(answer);
    });
  }

  for (const [what, request, expected] of takenRequests) {
    it(`CreateDBInstance takes ${what}`, async () => {
      expect(await createAvailable(aws.rds, request)).to.deep.include(expected);
    });
  }

  describe("rds ModifyDBInstance", () => {
    let DBInstanceIdentifier: string;
    before(async () => {
      ({ DBInstanceIdentifier } = await createAvailable(aws.rds));
    });
    const modify = async (input: Partial<ModifyDBInstanceCommandInput>) =>
      (await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, ...input }))).DBInstance;

    it("looks at what is in force already", async () => {
      expect(await refusal(modify({ MonitoringInterval: 30 }))).to.match(/A MonitoringRoleARN value is required/);
      await modify({ MonitoringInterval: 30, MonitoringRoleArn });
      expect(await modify({ MonitoringInterval: 60 })).to.include({ MonitoringInterval: 60, MonitoringRoleArn });
      expect(await refusal(modify({ PerformanceInsightsRetentionPeriod: 31 }))).to.match(/must be set to 'true'/);
    });

    it("gives Performance Insights a key and a week, and takes both away with them", async () => {
      const on = await modify({ EnablePerformanceInsights: true });
      expect(on).to.include({ PerformanceInsightsEnabled: true, PerformanceInsightsRetentionPeriod: 7 });
      expect(on?.PerformanceInsightsKMSKeyId).to.match(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/);
      const { PerformanceInsightsKMSKeyId, PerformanceInsightsRetentionPeriod } = on ?? {};
      const inForce = { PerformanceInsightsKMSKeyId, PerformanceInsightsRetentionPeriod };
      const off = await modify({ EnablePerformanceInsights: false, ...inForce });
      expect(off?.PerformanceInsightsEnabled).to.equal(false);
      expect(off).not.to.have.any.keys("PerformanceInsightsRetentionPeriod", "PerformanceInsightsKMSKeyId");
    });

    it("refuses logs and option groups of other engines", async () => {
      const logs = { EnableLogTypes: ["slowquery"] };
      expect(await refusal(modify({ CloudwatchLogsExportConfiguration: logs }))).to.match(/log types 'slowquery'/);
      expect(await refusal(modify({ OptionGroupName: "default:mysql-8-0" }))).to.match(
        /^InvalidParameterCombination 400: The option group default:mysql-8-0 is for mysql 8\.0, and your DB instance is/,
      );
    });
  });

  it("clusters take IAM authentication where nothing runs, and monitoring as instances do", async () => {
    const cluster = await createCluster(aws.rds, { EnableIAMDatabaseAuthentication: true });
    expect(cluster.IAMDatabaseAuthenticationEnabled).to.equal(true);
    expect(await refusal(createCluster(aws.rds, { MonitoringInterval: 60 }))).to.match(/A MonitoringRoleARN value/);
    expect(await refusal(createCluster(aws.rds, { EnableCloudwatchLogsExports: ["upgrade"] }))).to.match(
      /log types 'upgrade' with engine version aurora-postgresql/,
    );
    const { DBClusterArn: ResourceIdentifier, DBClusterIdentifier } = cluster;
    const modify = async (input: Partial<ModifyDBClusterCommandInput>) =>
      (await aws.rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier, ...input }))).DBCluster;
    const on = await modify({ EnablePerformanceInsights: true });
    expect(on).to.include({ PerformanceInsightsEnabled: true, PerformanceInsightsRetentionPeriod: 7 });
    const { PerformanceInsightsKMSKeyId, PerformanceInsightsRetentionPeriod } = on ?? {};
    expect(PerformanceInsightsKMSKeyId).to.match(/^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f-]{36}$/);
    const inForce = { PerformanceInsightsKMSKeyId, PerformanceInsightsRetentionPeriod };
    const off = await modify({ EnablePerformanceInsights: false, ...inForce });
    expect(off).to.include({ PerformanceInsightsEnabled: false });
    expect(off).not.to.have.any.keys("PerformanceInsightsRetentionPeriod", "PerformanceInsightsKMSKeyId");
    const pending = await aws.rds.send(new DescribePendingMaintenanceActionsCommand({ ResourceIdentifier }));
    expect(pending.PendingMaintenanceActions).to.deep.equal([]);
  });
});
