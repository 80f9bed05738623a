import {
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  waitUntilInstanceRunning,
} from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  type DBInstance,
  DescribeDBInstancesCommand,
  RDSClient,
  waitUntilDBInstanceAvailable,
} from "@aws-sdk/client-rds";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { discard, newFolder, onEachRuntime, type RunningCommand, startCommand } from "../support/acceptance.ts";
import { query } from "../support/acceptance-database.ts";

const waiting = { maxWaitTime: 150, minDelay: 1, maxDelay: 1 };
const DBInstanceIdentifier = "kept";
const Bucket = "kept";

onEachRuntime("a restart", [], (runtime) => {
  let localAws: RunningCommand | undefined;
  afterEach(async () => {
    if (localAws !== undefined) await discard(localAws);
    localAws = undefined;
  });

  for (const [how, end] of [
    ["after Ctrl-C", "stop"],
    ["after kill -9", "kill"],
  ] as const) {
    it(`${how} finds objects, instances and databases as they were`, async () => {
      const dataDir = await newFolder();
      localAws = await startCommand({ runtime, dataDir });
      const before = await fill(localAws);
      await localAws[end]();
      localAws = await startCommand({ runtime, dataDir });
      const { s3, ec2, rds } = clients(localAws);

      const object = await s3.send(new GetObjectCommand({ Bucket, Key: "hello" }));
      expect(await object.Body?.transformToString()).to.equal("Hello");

      await waitUntilInstanceRunning({ client: ec2, ...waiting }, { InstanceIds: [before.instanceId] });
      const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [before.instanceId] }));
      expect(Reservations?.[0]?.Instances?.[0]?.PrivateIpAddress).to.equal(before.privateIpAddress);

      await waitUntilDBInstanceAvailable({ client: rds, ...waiting }, { DBInstanceIdentifier });
      const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({}));
      // Until which moment it can be restored goes on with the time.
      const withoutNow = ({ LatestRestorableTime: _, ...database }: DBInstance) => database;
      expect(DBInstances?.map(withoutNow)).to.deep.equal([withoutNow(before.database)]);
      expect(await query(connectionTo(before.database), "select what from kept")).to.deep.equal([{ what: "this row" }]);
      await query(connectionTo(before.database), "insert into kept values ('another')");
    });
  }
});

async function fill(localAws: RunningCommand) {
  const { s3, ec2, rds } = clients(localAws);
  await rds.send(
    new CreateDBInstanceCommand({
      ...{ DBInstanceIdentifier, DBInstanceClass: "db.t3.micro", Engine: "postgres", AllocatedStorage: 20 },
      ...{ MasterUsername: "master", MasterUserPassword: "correct-horse", Tags: [{ Key: "stage", Value: "test" }] },
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "hello", Body: "Hello" }));
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ImageId: "alpine:latest", InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }),
  );
  const instanceId = Instances?.[0]?.InstanceId ?? "";
  await waitUntilInstanceRunning({ client: ec2, ...waiting }, { InstanceIds: [instanceId] });
  await waitUntilDBInstanceAvailable({ client: rds, ...waiting }, { DBInstanceIdentifier });
  const { DBInstances: [database] = [] } = await rds.send(new DescribeDBInstancesCommand({}));
  if (database === undefined) throw new Error("The database is not there.");
  await query(connectionTo(database), "create table kept (what text)");
  await query(connectionTo(database), "insert into kept values ('this row')");
  return { instanceId, privateIpAddress: Instances?.[0]?.PrivateIpAddress, database };
}

function clients({ endpoint }: RunningCommand) {
  const config = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  return {
    s3: new S3Client({ ...config, forcePathStyle: true }),
    ec2: new EC2Client(config),
    rds: new RDSClient(config),
  };
}

function connectionTo({ Endpoint }: DBInstance) {
  const { Address: host = "", Port: port = 0 } = Endpoint ?? {};
  return { host, port, user: "master", password: "correct-horse", database: "postgres" };
}
