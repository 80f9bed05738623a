import {
  CreateKeyPairCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import {
  CreateDBInstanceCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  RDSClient,
  waitUntilDBInstanceAvailable,
  waitUntilDBInstanceDeleted,
} from "@aws-sdk/client-rds";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { onEachRuntime, ownLocalAws } from "../support/acceptance.ts";
import { query } from "../support/acceptance-database.ts";

onEachRuntime("the AWS SDK for JavaScript", [], (runtime) => {
  const localAws = ownLocalAws(runtime);
  const clientConfig = () => ({
    endpoint: localAws.current.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const waiting = { maxWaitTime: 150, minDelay: 1, maxDelay: 1 };

  it("creates a bucket, puts and gets an object, and removes both", async () => {
    const s3 = new S3Client({ ...clientConfig(), forcePathStyle: true });
    const Bucket = "sdk-bucket";
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "hello.txt", Body: "Hello, world", ContentType: "text/plain" }));
    const object = await s3.send(new GetObjectCommand({ Bucket, Key: "hello.txt" }));
    expect(object.ContentType).to.equal("text/plain");
    expect(await object.Body?.transformToString()).to.equal("Hello, world");
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "hello.txt" }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    const missing = await s3.send(new HeadBucketCommand({ Bucket })).catch((error) => error);
    expect(missing).to.have.property("name", "NotFound");
  });

  it("runs an instance and terminates it", async () => {
    const ec2 = new EC2Client(clientConfig());
    await ec2.send(new CreateKeyPairCommand({ KeyName: "sdk-key" }));
    const { Instances } = await ec2.send(
      new RunInstancesCommand({
        ...{ ImageId: "alpine:latest", InstanceType: "t3.micro", KeyName: "sdk-key", MinCount: 1, MaxCount: 1 },
        TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "first" }] }],
      }),
    );
    const InstanceIds = [Instances?.[0]?.InstanceId ?? ""];
    await waitUntilInstanceRunning({ client: ec2, ...waiting }, { InstanceIds });
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
    const [instance] = Reservations?.[0]?.Instances ?? [];
    expect(instance).to.deep.include({ KeyName: "sdk-key", Tags: [{ Key: "Name", Value: "first" }] });
    expect(instance?.PrivateIpAddress).to.match(/^172\.31\./);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    await waitUntilInstanceTerminated({ client: ec2, ...waiting }, { InstanceIds });
  });

  it("creates a database that a PostgreSQL client uses, and deletes it", async () => {
    const rds = new RDSClient(clientConfig());
    const DBInstanceIdentifier = "sdk-database";
    await rds.send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier, DBInstanceClass: "db.t3.micro", Engine: "postgres", AllocatedStorage: 20 },
        ...{ MasterUsername: "master", MasterUserPassword: "correct-horse", DBName: "orders" },
      }),
    );
    await waitUntilDBInstanceAvailable({ client: rds, ...waiting }, { DBInstanceIdentifier });
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    const { Address: host = "", Port: port = 0 } = DBInstances?.[0]?.Endpoint ?? {};
    const database = { host, port, user: "master", password: "correct-horse", database: "orders" };
    await query(database, "create table orders (id serial primary key, what text not null)");
    await query(database, "insert into orders (what) values ('tea'), ('milk')");
    expect(await query(database, "select what from orders order by id")).to.deep.equal([
      { what: "tea" },
      { what: "milk" },
    ]);
    const refused = await query({ ...database, password: "a wrong one" }, "select 1").catch((error) => error);
    expect(refused).to.have.property("code", "28P01");
    await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await waitUntilDBInstanceDeleted({ client: rds, ...waiting }, { DBInstanceIdentifier });
    const gone = await query(database, "select 1").catch((error) => error);
    expect(gone).to.have.property("code", "ECONNREFUSED");
  });
});
