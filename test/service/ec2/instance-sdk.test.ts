import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { CreateKeyPairCommand, CreateSubnetCommand, CreateVpcCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { build } from "esbuild";
import { engineCommand } from "../../support/docker/engine-command.ts";
import { openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

/** Knows nothing but what an instance is told: clients of the official SDK with all of their defaults. */
const program = `
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
const { Buckets } = await new S3Client({}).send(new ListBucketsCommand({}));
console.log(JSON.stringify({ Arn, names: Buckets.map(({ Name }) => Name) }));
`;

describe("ec2 an AWS SDK in an instance without a way out", function () {
  this.timeout(180_000);
  requires("docker", "packetRules", "root");
  const image = `localaws-test/${uniqueName("sdk")}-${process.pid}:latest`;
  let aws: TestServer;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-sdk-"));
    await makeImage();
    aws = await startLocalAws({ runtime: "docker", sshListen: "127.0.0.1:0" });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
    await engineCommand(["rmi", "-f", image]).catch(() => {});
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** This process's Node.js with the libraries that it needs, and the program. */
  async function makeImage(): Promise<void> {
    const { stdout } = await promisify(execFile)("ldd", [process.execPath]);
    const libraries = stdout.match(/\/[^ ]+/g) ?? [];
    for (const file of libraries) {
      await mkdir(join(folder, "root", dirname(file)), { recursive: true });
      await cp(file, join(folder, "root", file), { dereference: true });
    }
    await cp(process.execPath, join(folder, "root", "node"), { dereference: true });
    await build({
      stdin: { contents: program, resolveDir: import.meta.dirname },
      outfile: join(folder, "root", "program.mjs"),
      ...{ bundle: true, platform: "node", format: "esm" },
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    });
    await writeFile(join(folder, "Dockerfile"), "FROM alpine:latest\nCOPY root/ /\n");
    await engineCommand(["build", "-q", "-t", image, folder]);
  }

  it("finds credentials of the instance's role by itself, and is answered by STS and S3", async () => {
    const { Vpc } = await aws.ec2.send(new CreateVpcCommand({ CidrBlock: "10.95.0.0/16" }));
    const { Subnet } = await aws.ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.95.1.0/24" }));
    const Bucket = uniqueName("seen-from-inside");
    await aws.s3.send(new CreateBucketCommand({ Bucket }));
    const KeyName = uniqueName("sdk");
    const { KeyMaterial: privateKey = "" } = await aws.ec2.send(
      new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }),
    );
    const id = await runOne(aws.ec2, {
      ImageId: image,
      KeyName,
      SubnetId: Subnet?.SubnetId,
      IamInstanceProfile: { Name: "app" },
      // A token alone lets in, as the SDK asks for it.
      MetadataOptions: { HttpTokens: "required" },
    });
    expect((await describeOne(aws.ec2, id)).PublicIpAddress).to.equal(undefined);
    const tunnel = await openTunnel(aws, { id, privateKey, host: "127.0.0.1" });
    try {
      const { stdout } = await tunnel.run("AWS_REGION=us-east-1 /node /program.mjs");
      const { Arn, names } = JSON.parse(stdout);
      expect(Arn).to.equal(`arn:aws:sts::000000000000:assumed-role/app/${id}`);
      expect(names).to.deep.equal([Bucket]);
    } finally {
      tunnel.close();
    }
  });
});
