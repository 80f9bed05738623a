import {
  AttachVolumeCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  type EC2Client,
  RunInstancesCommand,
  StopInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilVolumeAvailable,
} from "@aws-sdk/client-ec2";
import {
  CreateDBClusterCommand,
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  type RDSClient,
  waitUntilDBInstanceAvailable,
} from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

interface Clients {
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly rds: RDSClient;
}

export interface Example {
  readonly instanceId: string;
  readonly groupId: string;
  readonly vpcId: string;
  readonly bucket: string;
  readonly key: string;
  readonly database: string;
  readonly cluster: string;
}

/** Of the master user of the example's database. */
export const exampleDatabasePassword = "correct-horse";

const soon = { minDelay: 1, maxDelay: 1, maxWaitTime: 120 };

/** Something of everything, so that each page has something to show. */
export async function makeExample({ ec2, s3, rds }: Clients): Promise<Example> {
  const database = "orders";
  await rds.send(
    new CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier: database, Engine: "postgres", DBInstanceClass: "db.t3.micro", AllocatedStorage: 20 },
      ...{ MasterUsername: "shop", MasterUserPassword: exampleDatabasePassword, DBName: "orders" },
      Tags: [{ Key: "team", Value: "shop" }],
    }),
  );
  const [instanceId, groupId] = await makeMachines(ec2);
  const vpcId = await makeNetwork(ec2);
  await makeVolumes(ec2, instanceId);
  const bucket = await fillBucket(s3);
  const cluster = await makeCluster(rds);
  await waitUntilDBInstanceAvailable({ client: rds, ...soon }, { DBInstanceIdentifier: database });
  await rds.send(
    new CreateDBSnapshotCommand({ DBInstanceIdentifier: database, DBSnapshotIdentifier: "before-the-sale" }),
  );
  await waitUntilDBInstanceAvailable({ client: rds, ...soon }, { DBInstanceIdentifier: database });
  return { instanceId, groupId, vpcId, bucket, key: "reports/2026/summary.json", database, cluster };
}

async function makeMachines(ec2: EC2Client): Promise<[instanceId: string, groupId: string]> {
  await ec2.send(new CreateKeyPairCommand({ KeyName: "laptop", KeyType: "ed25519" }));
  await ec2.send(new CreateKeyPairCommand({ KeyName: "ci", KeyType: "rsa" }));
  const { GroupId = "" } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: "web", Description: "Web servers" }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [80, 443].map((port) => ({
        ...{ IpProtocol: "tcp", FromPort: port, ToPort: port },
        IpRanges: [{ CidrIp: "0.0.0.0/0", Description: port === 80 ? "HTTP" : "HTTPS" }],
      })),
    }),
  );
  const run = async (name: string, type: "t2.micro" | "t3.small") => {
    const { Instances: [instance] = [] } = await ec2.send(
      new RunInstancesCommand({
        ...{ ImageId: "alpine:latest", InstanceType: type, MinCount: 1, MaxCount: 1, KeyName: "laptop" },
        SecurityGroupIds: [GroupId],
        TagSpecifications: [
          {
            ResourceType: "instance",
            Tags: [
              { Key: "Name", Value: name },
              { Key: "team", Value: "shop" },
            ],
          },
        ],
      }),
    );
    return instance?.InstanceId ?? "";
  };
  const ids = [await run("worker-2", "t2.micro"), await run("worker-1", "t2.micro"), await run("web", "t3.small")];
  await waitUntilInstanceRunning({ client: ec2, ...soon }, { InstanceIds: ids });
  await ec2.send(new StopInstancesCommand({ InstanceIds: ids.slice(0, 1) }));
  return [ids.at(-1) ?? "", GroupId];
}

const named = (ResourceType: "vpc" | "subnet" | "volume", Name: string) => ({
  TagSpecifications: [{ ResourceType, Tags: [{ Key: "Name", Value: Name }] }],
});

async function makeNetwork(ec2: EC2Client): Promise<string> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", ...named("vpc", "shop") }));
  const VpcId = Vpc?.VpcId;
  for (const [zone, third] of [
    ["a", 1],
    ["b", 2],
  ] as const) {
    const where = { VpcId, CidrBlock: `10.0.${third}.0/24`, AvailabilityZone: `us-east-1${zone}` };
    await ec2.send(new CreateSubnetCommand({ ...where, ...named("subnet", `private-${zone}`) }));
  }
  return VpcId ?? "";
}

/** One that is attached to the instance, and one that is not. */
async function makeVolumes(ec2: EC2Client, InstanceId: string): Promise<void> {
  const { Reservations: [reservation] = [] } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
  );
  const AvailabilityZone = reservation?.Instances?.[0]?.Placement?.AvailabilityZone;
  const make = async (name: string, Size: number) => {
    const volume = { AvailabilityZone, Size, VolumeType: "gp3", ...named("volume", name) } as const;
    const { VolumeId = "" } = await ec2.send(new CreateVolumeCommand(volume));
    await waitUntilVolumeAvailable({ client: ec2, ...soon }, { VolumeIds: [VolumeId] });
    return VolumeId;
  };
  await make("archive", 4);
  const VolumeId = await make("uploads", 2);
  await ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf" }));
}

async function makeCluster(rds: RDSClient): Promise<string> {
  const DBClusterIdentifier = "catalogue";
  const Engine = "aurora-postgresql";
  await rds.send(
    new CreateDBClusterCommand({
      ...{ DBClusterIdentifier, Engine, DatabaseName: "catalogue" },
      ...{ MasterUsername: "shop", MasterUserPassword: exampleDatabasePassword },
    }),
  );
  for (const number of [1, 2]) {
    const DBInstanceIdentifier = `${DBClusterIdentifier}-${number}`;
    await rds.send(
      new CreateDBInstanceCommand({
        DBInstanceIdentifier,
        DBClusterIdentifier,
        Engine,
        DBInstanceClass: "db.r6g.large",
      }),
    );
    await waitUntilDBInstanceAvailable({ client: rds, ...soon }, { DBInstanceIdentifier });
  }
  return DBClusterIdentifier;
}

async function fillBucket(s3: S3Client): Promise<string> {
  const bucket = "shop-assets";
  for (const name of [bucket, "shop-backups", "terraform-state"])
    await s3.send(new CreateBucketCommand({ Bucket: name }));
  const put = (Key: string, Body: string, ContentType: string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType }));
  const summary = {
    month: "2026-03",
    orders: 1284,
    revenue: { currency: "EUR", total: 48_120.5 },
    top: ["tea", "cups"],
  };
  // What is written twice, or deleted, has versions.
  const Status = "Enabled";
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }));
  await put("robots.txt", "User-agent: *\nDisallow: /\n", "text/plain");
  await put("drafts/sale.txt", "10 %", "text/plain");
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: "drafts/sale.txt" }));
  await put("reports/2026/summary.json", JSON.stringify(summary), "application/json");
  await put("reports/2026/orders.csv", `id,item,price\n${"1,tea,4.50\n".repeat(4000)}`, "text/csv");
  await put("images/logo.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"/>', "image/svg+xml");
  await put("images/hero.jpg", "x".repeat(184_000), "image/jpeg");
  await put("index.html", "<!doctype html><title>Shop</title>", "text/html");
  await put("robots.txt", "User-agent: *\nAllow: /\n", "text/plain");
  await put("video/intro.mp4", "x".repeat(2_400_000), "video/mp4");
  // A call that fails is in the log of requests, too.
  await s3.send(new GetObjectCommand({ Bucket: bucket, Key: "missing.txt" })).catch(() => undefined);
  return bucket;
}
