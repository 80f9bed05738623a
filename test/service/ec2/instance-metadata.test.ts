import { verify } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  AssociateIamInstanceProfileCommand,
  CreateKeyPairCommand,
  CreateTagsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DisassociateIamInstanceProfileCommand,
  type EC2Client,
  ModifyInstanceMetadataOptionsCommand,
  type ModifyInstanceMetadataOptionsCommandInput,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type InstanceTunnel, openTunnel } from "../../support/instance-tunnel.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName, untilState } from "./support.ts";

const host = "169.254.169.254";
const ttlHeader = "X-aws-ec2-metadata-token-ttl-seconds";
const tokenHeader = "X-aws-ec2-metadata-token";

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as const) {
  describe(`ec2 instance metadata service on ${runtime}`, function () {
    this.timeout(180_000);
    requires(needs, "packetRules");
    let aws: TestServer;
    let KeyName: string;
    let privateKey: string;
    let id: string;
    let tunnel: InstanceTunnel;
    const userData = Buffer.from("#!/bin/sh\nexit 0\n\u00e9");

    before(async () => {
      aws = await startLocalAws({ runtime, sshListen: "127.0.0.1:0" });
      KeyName = uniqueName("imds");
      const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
      privateKey = KeyMaterial;
      id = await launch({ UserData: userData.toString("base64"), IamInstanceProfile: { Name: "app" } });
      tunnel = await enter(id);
    });
    after(async () => {
      tunnel?.close();
      await aws?.server.reset();
      await aws?.stop();
      if (aws !== undefined) await rm(aws.dataDir, { recursive: true, force: true });
    });

    const launch = (overrides: object = {}) => runOne(aws.ec2, { KeyName, ...overrides });

    /** The metadata service is there a moment after the instance runs. */
    const enter = async (instanceId: string) => {
      const opened = await openTunnel(aws, { id: instanceId, privateKey, host });
      const answers = () => opened.http("GET", "/").then(({ body }) => body.includes("latest"));
      await eventually("the metadata service answers", () => answers().catch(() => false));
      return opened;
    };
    const get = (path: string, headers: Record<string, string> = {}, from = tunnel) => from.http("GET", path, headers);
    const text = async (path: string) => {
      const { status, body } = await get(path);
      expect(status, path).to.equal(200);
      return body;
    };
    const token = async (seconds = "60", from = tunnel) =>
      (await from.http("PUT", "/latest/api/token", { [ttlHeader]: seconds })).body;

    it("shows the instance as DescribeInstances does", async () => {
      const shown = await describeOne(aws.ec2, id);
      const mac = shown.NetworkInterfaces?.[0]?.MacAddress ?? "";
      const root = "/latest/meta-data";
      expect(await text(`${root}/instance-id`)).to.equal(id);
      expect(await text(`${root}/ami-id`)).to.equal(shown.ImageId);
      expect(await text(`${root}/instance-type`)).to.equal("t3.micro");
      expect(await text(`${root}/local-ipv4`)).to.equal(shown.PrivateIpAddress);
      expect(await text(`${root}/public-ipv4`)).to.equal(shown.PublicIpAddress);
      expect(await text(`${root}/hostname`)).to.equal(shown.PrivateDnsName);
      expect(await text(`${root}/mac`)).to.equal(mac);
      expect(await text(`${root}/network/interfaces/macs/`)).to.equal(`${mac}/`);
      expect(await text(`${root}/network/interfaces/macs/${mac}/subnet-id`)).to.equal(shown.SubnetId);
      expect(await text(`${root}/placement/availability-zone`)).to.equal(shown.Placement?.AvailabilityZone);
      expect(await text(`${root}/placement/region`)).to.equal("us-east-1");
      expect(await text(`${root}/security-groups`)).to.equal("default");
      expect(await text(`${root}/public-keys/`)).to.equal(`0=${KeyName}`);
      expect(await text(`${root}/public-keys/0/openssh-key`)).to.match(new RegExp(`^ssh-ed25519 \\S+ ${KeyName}$`));
      expect(await text(`${root}/instance-life-cycle`)).to.equal("on-demand");
      expect(await text(`${root}/block-device-mapping/root`)).to.equal(shown.RootDeviceName);
      expect(await text("/2021-07-15/meta-data/instance-id")).to.equal(id);
    });

    it("lists folders, and answers what is not there with AWS's page", async () => {
      expect(await text("/latest/")).to.equal("dynamic\nmeta-data\nuser-data");
      expect((await text("/latest/meta-data")).split("\n")).to.include.members(["ami-id", "placement/", "iam/"]);
      expect(await text("/latest/meta-data/hibernation/configured")).to.equal("false");
      expect(await text("/latest/meta-data/metrics/vhostmd")).to.match(/^<\?xml/);
      const missing = await get("/latest/meta-data/nothing");
      expect(missing.status).to.equal(404);
      expect(missing.body).to.include("<title>404 - Not Found</title>");
      for (const path of [
        "/1999-01-01/meta-data/",
        "/latest/meta-data/tags/instance/",
        "/latest/meta-data/constructor",
      ]) {
        expect((await get(path)).status, path).to.equal(404);
      }
    });

    it("gives user data as they are, and none where there are none", async () => {
      expect(await text("/latest/user-data")).to.equal(userData.toString());
      const other = await enter(await launch());
      expect((await get("/latest/user-data", {}, other)).status).to.equal(404);
      other.close();
    });

    it("gives a token for the seconds that were asked for, and takes it", async () => {
      const { status, headers, body } = await tunnel.http("PUT", "/latest/api/token", { [ttlHeader]: "120" });
      expect([status, headers[ttlHeader.toLowerCase()], body.length]).to.deep.equal([200, "120", 56]);
      const answer = await get("/latest/meta-data/instance-id", { [tokenHeader]: body });
      expect([answer.status, answer.body]).to.deep.equal([200, id]);
      expect(Number(answer.headers[ttlHeader.toLowerCase()])).to.be.within(1, 120);
      for (const seconds of ["0", "21601", "-1", "ten", ""]) {
        const refused = await tunnel.http("PUT", "/latest/api/token", { [ttlHeader]: seconds });
        expect(refused.status, seconds).to.equal(400);
      }
      expect((await tunnel.http("PUT", "/latest/api/token")).status).to.equal(400);
      const proxied = { [ttlHeader]: "60", "X-Forwarded-For": "10.0.0.1" };
      expect((await tunnel.http("PUT", "/latest/api/token", proxied)).status).to.equal(403);
      expect((await tunnel.http("POST", "/latest/meta-data/")).status).to.equal(405);
    });

    it("keeps instances apart: each reads itself, and no token of another is taken", async () => {
      const otherId = await launch();
      const other = await enter(otherId);
      expect((await get("/latest/meta-data/instance-id", {}, other)).body).to.equal(otherId);
      const path = "/latest/meta-data/instance-id";
      expect((await get(path, { [tokenHeader]: await token() }, other)).status).to.equal(401);
      expect((await get(path, { [tokenHeader]: await token("60", other) }, other)).body).to.equal(otherId);
      expect((await get("/latest/meta-data/iam/", {}, other)).status, "it has no profile").to.equal(404);
      other.close();
    });

    it("obeys the instance's metadata options at once", async () => {
      const options = (changes: Partial<ModifyInstanceMetadataOptionsCommandInput>) =>
        aws.ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, ...changes }));
      const path = "/latest/meta-data/instance-id";
      await options({ HttpTokens: "required" });
      expect((await get(path)).status).to.equal(401);
      expect((await get(path, { [tokenHeader]: "nonsense" })).status).to.equal(401);
      expect((await get(path, { [tokenHeader]: await token() })).body).to.equal(id);
      await options({ HttpEndpoint: "disabled" });
      expect((await get(path)).status).to.equal(403);
      await options({ HttpEndpoint: "enabled", HttpTokens: "optional", InstanceMetadataTags: "enabled" });
      await aws.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: "Name", Value: "web \u00e9" }] }));
      expect(await text("/latest/meta-data/tags/instance/")).to.equal("Name");
      expect(await text("/latest/meta-data/tags/instance/Name")).to.equal("web \u00e9");
      await options({ InstanceMetadataTags: "disabled" });
      expect((await get("/latest/meta-data/tags/instance/Name")).status).to.equal(404);
    });

    if (runtime === "docker") {
      it("answers with the instance's hop limit, from the change of it on", async () => {
        const timeToLive = async () => {
          const { stdout } = await tunnel.run(`ping -c 1 -W 1 ${host}`);
          return Number(/ttl=(\d+)/.exec(stdout)?.[1]);
        };
        const { MetadataOptions } = await describeOne(aws.ec2, id);
        expect(await timeToLive()).to.equal(MetadataOptions?.HttpPutResponseHopLimit);
        const changed = { InstanceId: id, HttpPutResponseHopLimit: 7 };
        await aws.ec2.send(new ModifyInstanceMetadataOptionsCommand(changed));
        await eventually("the answers have 7 hops", async () => (await timeToLive()) === 7);
        expect(await text("/latest/meta-data/instance-id")).to.equal(id);
      });
    }

    it("signs the identity document with the key of the data folder", async () => {
      expect(await text("/latest/dynamic/")).to.equal("fws/\ninstance-identity/");
      expect(await text("/latest/dynamic/fws/instance-monitoring")).to.equal("disabled");
      const document = await text("/latest/dynamic/instance-identity/document");
      const { PrivateIpAddress } = await describeOne(aws.ec2, id);
      expect(JSON.parse(document)).to.include({ instanceId: id, region: "us-east-1", privateIp: PrivateIpAddress });
      const signature = Buffer.from(await text("/latest/dynamic/instance-identity/signature"), "base64");
      const key = await readFile(join(aws.dataDir, "metadata", "instance-identity.pem.pub"), "utf8");
      expect(verify("sha256", Buffer.from(document), key, signature)).to.equal(true);
      expect(verify("sha256", Buffer.from(`${document} `), key, signature)).to.equal(false);
    });

    it("has the identity document in PKCS #7", async () => {
      const document = await text("/latest/dynamic/instance-identity/document");
      for (const name of ["rsa2048", "pkcs7"]) {
        const envelope = Buffer.from(await text(`/latest/dynamic/instance-identity/${name}`), "base64");
        expect(envelope.includes(document), name).to.equal(true);
      }
    });

    it("gives credentials of the profile's role that the endpoint takes, and the same until they are renewed", async () => {
      expect(await text("/latest/meta-data/iam/security-credentials/")).to.equal("app");
      const given = await text("/latest/meta-data/iam/security-credentials/app");
      expect(await text("/latest/meta-data/iam/security-credentials/app")).to.equal(given);
      const { Code, AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(given);
      expect([Code, Date.parse(Expiration) > Date.now()]).to.deep.equal(["Success", true]);
      const sts = new STSClient({
        ...aws.clientConfig,
        credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
      });
      const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
      expect(Arn).to.equal(`arn:aws:sts::000000000000:assumed-role/app/${id}`);
      sts.destroy();
    });

    it("comes with the endpoint, which takes the role's credentials and is for AWS's clients alone", async () => {
      expect((await tunnel.run("echo $AWS_ENDPOINT_URL")).stdout).to.equal("http://169.254.169.254:4566\n");
      const inside = await openTunnel(aws, { id, privateKey, host, port: 4566 });
      const given = JSON.parse(await text("/latest/meta-data/iam/security-credentials/app"));
      const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken } = given;
      const credentials = { accessKeyId, secretAccessKey, sessionToken };
      const sts = new STSClient({ ...aws.clientConfig, endpoint: inside.url, credentials });
      const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
      expect(Arn).to.equal(`arn:aws:sts::000000000000:assumed-role/app/${id}`);
      sts.destroy();
      for (const [method, path] of [
        ["POST", "/_localaws/reset"],
        ["GET", "/_localaws/health"],
        ["GET", "/console/"],
        ["GET", "/ec2/instances"],
      ] as const) {
        const { status, body } = await inside.http(method, path);
        expect([status >= 400, body], path).to.satisfy(
          ([refused, page]: [boolean, string]) => refused && /<Error>/.test(page),
        );
      }
      inside.close();
      expect((await describeOne(aws.ec2, id)).State?.Name).to.equal("running");
    });

    it("gives another role's when the profile is changed, and none when it is taken away", async () => {
      await takeProfileAway(aws.ec2, id);
      expect((await get("/latest/meta-data/iam/info")).status).to.equal(404);
      expect((await get("/latest/meta-data/iam/security-credentials/app")).status).to.equal(404);
      const IamInstanceProfile = { Name: "other" };
      await aws.ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId: id, IamInstanceProfile }));
      expect(JSON.parse(await text("/latest/meta-data/iam/info"))).to.include({
        InstanceProfileArn: "arn:aws:iam::000000000000:instance-profile/other",
      });
      expect(await text("/latest/meta-data/iam/security-credentials/")).to.equal("other");
    });

    it("is there for user data, after a reboot, and after a stop and a start", async () => {
      const script = "#!/bin/sh\nwget -q -O /root/asked http://169.254.169.254/latest/meta-data/instance-id\n";
      const other = await launch({ UserData: Buffer.from(script).toString("base64") });
      const first = await enter(other);
      await eventually("the script has asked", async () => (await first.run("cat /root/asked")).stdout === other);
      first.close();
      await aws.ec2.send(new RebootInstancesCommand({ InstanceIds: [other] }));
      await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [other] }));
      await untilState(aws.ec2, other, "stopped");
      await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [other] }));
      await untilState(aws.ec2, other, "running");
      const again = await enter(other);
      expect((await get("/latest/meta-data/instance-id", {}, again)).body).to.equal(other);
      again.close();
    });

    it("is there after a restart of LocalAWS, and takes the tokens of before", async () => {
      const kept = await token("600");
      tunnel.close();
      await aws.close();
      aws = await startLocalAws({ runtime, sshListen: "127.0.0.1:0", dataDir: aws.dataDir });
      await untilState(aws.ec2, id, "running");
      tunnel = await enter(id);
      const { status, body } = await get("/latest/meta-data/instance-id", { [tokenHeader]: kept });
      expect([status, body]).to.deep.equal([200, id]);
    });
  });
}

async function takeProfileAway(ec2: EC2Client, id: string): Promise<void> {
  const { IamInstanceProfileAssociations: [association] = [] } = await ec2.send(
    new DescribeIamInstanceProfileAssociationsCommand({ Filters: [{ Name: "instance-id", Values: [id] }] }),
  );
  await ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: association?.AssociationId }));
}
