import { generateKeyPairSync } from "node:crypto";
import { DescribeInstancesCommand, DescribeKeyPairsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { GetObjectCommand, ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { containersOf, onEachRuntime, ownLocalAws } from "../support/acceptance.ts";
import { query } from "../support/acceptance-database.ts";
import { withStandInImage } from "../support/acceptance-images.ts";
import { ownTerraform } from "../support/acceptance-terraform.ts";

onEachRuntime("Terraform", ["terraform"], (runtime) => {
  // The AMI that the configuration finds stands for this image.
  if (runtime === "docker") withStandInImage("alpine:3.22", "alpine:latest");
  const localAws = ownLocalAws(runtime);
  const init = ownTerraform(new URL("terraform", import.meta.url));

  it("applies a configuration, then plans no change, and destroys all of it", async function () {
    // The provider waits a minute before its first look at a database, at its creation and at its end.
    this.timeout(600_000);
    this.slow(400_000);
    const { env, dataDir, endpoint } = localAws.current;
    const clientConfig = {
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    };
    const s3 = new S3Client({ ...clientConfig, forcePathStyle: true });
    const ec2 = new EC2Client(clientConfig);
    const rds = new RDSClient(clientConfig);
    const variables = { name: "shop", password: "correct-horse", public_key: newPublicKey() };
    const terraform = await init(variables, env);

    await terraform.apply();
    const outputs = await terraform.outputs();
    const object = await s3.send(new GetObjectCommand({ Bucket: "shop-files", Key: "notes/greeting.txt" }));
    expect(await object.Body?.transformToString()).to.equal("Hello from Terraform");
    const { Reservations } = await ec2.send(
      new DescribeInstancesCommand({ Filters: [{ Name: "tag:Name", Values: ["shop-web"] }] }),
    );
    expect(Reservations?.[0]?.Instances?.[0]).to.include({
      InstanceId: outputs.instance?.value,
      KeyName: "shop-admin",
    });
    const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "shop-orders" }));
    const { Address: host = "", Port: port = 0 } = DBInstances?.[0]?.Endpoint ?? {};
    expect(outputs.database?.value).to.deep.equal({ host, port });
    const database = { host, port, user: "master", password: "correct-horse", database: "orders" };
    expect(await query(database, "select current_database() as name")).to.deep.equal([{ name: "orders" }]);

    expect(await terraform.changes()).to.equal("");

    await terraform.destroy();
    expect((await s3.send(new ListBucketsCommand({}))).Buckets ?? []).to.deep.equal([]);
    const left = await ec2.send(new DescribeInstancesCommand({}));
    const states = (left.Reservations ?? []).flatMap(({ Instances }) => Instances?.map(({ State }) => State?.Name));
    expect(states).to.deep.equal(["terminated"]);
    expect((await ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs ?? []).to.deep.equal([]);
    expect((await rds.send(new DescribeDBInstancesCommand({}))).DBInstances).to.deep.equal([]);
    if (runtime === "docker") expect(await containersOf(dataDir)).to.deep.equal([]);
  });
});

/** An RSA key as `ssh-keygen` writes its public half. */
function newPublicKey(): string {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const fields = [Buffer.from("ssh-rsa"), mpint(e), mpint(n)].flatMap((field) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(field.length);
    return [length, field];
  });
  return `ssh-rsa ${Buffer.concat(fields).toString("base64")} admin@localaws`;
}

/** RFC 4251: a leading zero keeps a number positive whose highest bit is set. */
function mpint(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, "base64url");
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes;
}
