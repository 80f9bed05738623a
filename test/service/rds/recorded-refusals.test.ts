import {
  CreateDBClusterCommand,
  type CreateDBClusterCommandInput,
  CreateDBClusterParameterGroupCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  CreateDBParameterGroupCommand,
  CreateDBProxyCommand,
  type CreateDBProxyCommandInput,
  CreateDBSubnetGroupCommand,
  CreateEventSubscriptionCommand,
  type CreateEventSubscriptionCommandInput,
  CreateOptionGroupCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { clusterRequest } from "./db-clusters.ts";
import { validRequest } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

// docs/decisions/0173-recorded-refusals.md

const ofInstances: readonly (readonly [Partial<CreateDBInstanceCommandInput>, message: string])[] = [
  [{ MasterUsername: "1abc" }, "Invalid master user name"],
  [{ Port: 65_536 }, "Invalid endpoint port 65536. Valid range is: 1150-65535"],
  [{ MaxAllocatedStorage: 19 }, "Max storage size must be greater than storage size"],
  [
    { LicenseModel: "bring-your-own-license" },
    "Invalid license model 'bring-your-own-license' for engine 'postgres'. Valid license models are: postgresql-license",
  ],
  [{ PromotionTier: 1 }, "You cannot set the promotion tier for a DB instance that is not part of an DB Cluster."],
  [
    { ProcessorFeatures: [{ Name: "coreCount", Value: "2" }] },
    "The given ProcessorFeature coreCount is unavailable for this DB instance class.",
  ],
  [
    { Engine: "mysql", EngineVersion: "8.4", DBParameterGroupName: "of-postgres" },
    "The parameter group of-postgres with DBParameterGroupFamily postgres16 can't be used for this instance. Use a parameter group with DBParameterGroupFamily mysql8.4.",
  ],
  [
    { Engine: "mysql", EngineVersion: "8.4", OptionGroupName: "of-postgres" },
    "The option group of-postgres is for postgres 16, and your DB instance is mysql 8.4.",
  ],
];

const windows: readonly (readonly [
  Pick<CreateDBInstanceCommandInput, "PreferredBackupWindow" | "PreferredMaintenanceWindow">,
  message: string,
])[] = [
  [{ PreferredBackupWindow: "03:00-03:29" }, "Backup window must be at least 30 minutes."],
  ...["3am-4am", "25:00-26:00"].map((window) => {
    const time = window.split("-")[0];
    return [
      { PreferredBackupWindow: window },
      `Invalid backup window time '${time}' specified. Should be specified as a time hh24:mi (24H Clock UTC). Example: 03:15`,
    ] as const;
  }),
  [{ PreferredMaintenanceWindow: "mon:07:00-mon:07:29" }, "Maintenance window must be at least 30 minutes."],
  [{ PreferredMaintenanceWindow: "mon:07:00-tue:07:00" }, "Maintenance window must be less than 24 hours."],
  ...["07:30-08:00", "xxx:00:00-xxx:01:00"].map((window) => {
    const time = window.split("-")[0];
    return [
      { PreferredMaintenanceWindow: window },
      `Invalid maintenance window time '${time}' specified. Should be specified as a time ddd:hh24:mi (24H Clock UTC). Example: Mon:00:15`,
    ] as const;
  }),
  [
    { PreferredBackupWindow: "00:00-23:45" },
    "The specified backup window overlaps all available default maintenance windows. Shrink the backup window or specify a non-overlapping maintenance window.",
  ],
  [
    { PreferredMaintenanceWindow: "mon:00:00-mon:23:45" },
    "The specified maintenance window overlaps all available default backup windows. Shrink the maintenance window or specify a non-overlapping backup window.",
  ],
  [
    { PreferredBackupWindow: "07:00-08:00", PreferredMaintenanceWindow: "mon:07:30-mon:08:30" },
    "The backup window and maintenance window must not overlap.",
  ],
];

const capacity = (MinCapacity: number, MaxCapacity: number, SecondsUntilAutoPause?: number) => ({
  ServerlessV2ScalingConfiguration: { MinCapacity, MaxCapacity, SecondsUntilAutoPause },
});

const ofClusters: readonly (readonly [Partial<CreateDBClusterCommandInput>, message: string])[] = [
  [{ PubliclyAccessible: true }, "PubliclyAccessible isn't supported for DB engine aurora-postgresql."],
  [
    { DBClusterInstanceClass: "db.m5.large" },
    "DBClusterInstanceClass isn't supported for DB engine aurora-postgresql.",
  ],
  [
    { AvailabilityZones: ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"] },
    "You cannot specify more than 3 availability zones.",
  ],
  [
    { EnableGlobalWriteForwarding: true },
    "Requested global functionality, but global cluster identifier is not specified",
  ],
  [{ BackupRetentionPeriod: 36 }, "Invalid backup retention period: 36. Retention period must be between 1 and 35."],
  [
    { ScalingConfiguration: { MinCapacity: 2 } },
    "You can only specify scaling configuration for an Aurora Serverless v1 cluster.",
  ],
  [capacity(1, 4, 600), "SecondsUntilAutoPause can only be specified when minimum capacity is 0."],
  [capacity(0.3, 4), "Serverless v2 capacity value 0.3 is not valid. It must be a multiple of 0.5."],
  [
    capacity(1, 257),
    "Serverless v2 capacity value 257.0 is not valid. The valid scaling range for this cluster is 0.0 to 256.0.",
  ],
  [capacity(8.5, 8), "Serverless v2 minimum capacity must be less than or equal to maximum capacity"],
  [{ KmsKeyId: "alias/mine" }, "You cannot specify KMS key for unencrypted clusters."],
  [
    { Engine: "aurora-mysql", BacktrackWindow: 259_201 },
    "The specified value (259201) is not a valid Backtrack Window. Allowed values are within the range of 0 to 259200",
  ],
  [
    { EngineVersion: "17.7", EnableCloudwatchLogsExports: ["general"] },
    "You cannot use the log types 'general' with engine version aurora-postgresql 17.7. For supported log types, see the documentation.",
  ],
];

const secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf";

const ofProxies: readonly (readonly [Partial<CreateDBProxyCommandInput>, message: string])[] = [
  [
    { Auth: [{ SecretArn: secret, ClientPasswordAuthType: "POSTGRES_SCRAM_SHA_256" }] },
    "The client password auth type POSTGRES_SCRAM_SHA_256 that you specified isn't valid. The engine family MYSQL supports only the following types: [MYSQL_CACHING_SHA2_PASSWORD, MYSQL_NATIVE_PASSWORD]",
  ],
  [
    { Auth: [{ SecretArn: secret, IAMAuth: "ENABLED" }] },
    "Unsupported IAM Auth mode ENABLED, need to be in [DISABLED, REQUIRED]",
  ],
  [{ Auth: [{ SecretArn: secret, IAMAuth: "REQUIRED" }] }, "Must enable TLS, when IAM Auth is required"],
  [{ IdleClientTimeout: 28_801 }, "Invalid IdleClientTimeout - valid range is 1 - 28800"],
];

const ofSubscriptions: readonly (readonly [Partial<CreateEventSubscriptionCommandInput>, message: string])[] = [
  [
    { SourceType: "db-cluster", EventCategories: ["restoration"] },
    "Category : restoration not found for source type db-cluster.",
  ],
  [{ SourceIds: ["orders"] }, "If SourceType is null, SourceId must also be null."],
  [
    { SourceType: "db" },
    "Invalid event source type. Valid types are 'db-instance', 'db-security-group', 'db-parameter-group', 'db-snapshot', 'db-cluster', 'db-cluster-snapshot', 'custom-engine-version', 'db-proxy', 'blue-green-deployment', 'db-shard-group', 'zero-etl'",
  ],
];

describe("rds refusals, in the words that RDS was recorded to use", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
    const group = { DBParameterGroupFamily: "postgres16", Description: "of another engine" };
    await aws.rds.send(new CreateDBParameterGroupCommand({ ...group, DBParameterGroupName: "of-postgres" }));
    await aws.rds.send(
      new CreateOptionGroupCommand({
        ...{ OptionGroupName: "of-postgres", EngineName: "postgres", MajorEngineVersion: "16" },
        OptionGroupDescription: "of another engine",
      }),
    );
  });
  after(() => aws.stop());

  async function expectRefusal(sending: Promise<unknown>, message: string): Promise<void> {
    expect((await rejectionOf(sending)).message).to.equal(message);
  }

  it("of windows", async () => {
    for (const [changes, message] of windows) {
      await expectRefusal(aws.rds.send(new CreateDBInstanceCommand(validRequest(changes))), message);
      await expectRefusal(aws.rds.send(new CreateDBClusterCommand(clusterRequest(changes))), message);
    }
  });

  it("of instances", async () => {
    for (const [changes, message] of ofInstances) {
      await expectRefusal(aws.rds.send(new CreateDBInstanceCommand(validRequest(changes))), message);
    }
  });

  it("of clusters", async () => {
    for (const [changes, message] of ofClusters) {
      await expectRefusal(aws.rds.send(new CreateDBClusterCommand(clusterRequest(changes))), message);
    }
  });

  it("of proxies", async () => {
    const proxy: CreateDBProxyCommandInput = {
      ...{ DBProxyName: "orders", EngineFamily: "MYSQL", VpcSubnetIds: ["subnet-0123456789abcdef0"] },
      ...{ RoleArn: "arn:aws:iam::000000000000:role/proxy", Auth: [{ SecretArn: secret }] },
    };
    for (const [changes, message] of ofProxies) {
      await expectRefusal(aws.rds.send(new CreateDBProxyCommand({ ...proxy, ...changes })), message);
    }
  });

  it("of event subscriptions", async () => {
    const subscription = { SubscriptionName: "orders", SnsTopicArn: "arn:aws:sns:us-east-1:000000000000:orders" };
    for (const [changes, message] of ofSubscriptions) {
      await expectRefusal(aws.rds.send(new CreateEventSubscriptionCommand({ ...subscription, ...changes })), message);
    }
  });

  it("of names and descriptions of groups", async () => {
    const subnets = { DBSubnetGroupDescription: "mine", SubnetIds: ["subnet-0123456789abcdef0"] };
    for (const [DBSubnetGroupName, message] of [
      ["default", "Subnet group name default is reserved. Please specify another name."],
      ["テスト用", "Invalid subnet group name:  ????"],
    ] as const) {
      await expectRefusal(aws.rds.send(new CreateDBSubnetGroupCommand({ ...subnets, DBSubnetGroupName })), message);
    }
    const Description = "テスト用";
    await expectRefusal(
      aws.rds.send(
        new CreateDBSubnetGroupCommand({
          ...{ ...subnets, DBSubnetGroupName: "mine", DBSubnetGroupDescription: Description },
        }),
      ),
      "The parameter DBSubnetGroupDescription must not contain non-printable control characters.",
    );
    const ofInstances = { DBParameterGroupName: "mine", DBParameterGroupFamily: "postgres16", Description };
    const ofClusters = {
      ...{ DBClusterParameterGroupName: "mine", DBParameterGroupFamily: "aurora-postgresql16", Description },
    };
    for (const send of [
      () => aws.rds.send(new CreateDBParameterGroupCommand(ofInstances)),
      () => aws.rds.send(new CreateDBClusterParameterGroupCommand(ofClusters)),
    ]) {
      await expectRefusal(send(), "The parameter Description must not contain non-printable control characters.");
    }
  });
});
