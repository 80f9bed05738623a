import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import {
  CreateKeyPairCommand,
  DeleteKeyPairCommand,
  DescribeKeyPairsCommand,
  ImportKeyPairCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import ssh2 from "ssh2";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, uniqueName } from "./support.ts";

describe("ec2 key pairs", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("CreateKeyPair gives an RSA key whose fingerprint is the SHA-1 of the private key", async () => {
    const KeyName = uniqueName("rsa");
    const pair = await aws.ec2.send(new CreateKeyPairCommand({ KeyName }));
    expect(pair.KeyMaterial).to.match(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(pair.KeyPairId).to.match(/^key-[0-9a-f]{17}$/);
    const key = createPrivateKey(pair.KeyMaterial ?? "");
    expect(key.asymmetricKeyDetails?.modulusLength).to.equal(2048);
    expect(pair.KeyFingerprint).to.equal(colons("sha1", key.export({ type: "pkcs8", format: "der" })));
    expect(await publicKeyOf(KeyName)).to.equal(`${openSshOf(pair.KeyMaterial ?? "")} ${KeyName}`);
  });

  it("CreateKeyPair gives an ED25519 key in OpenSSH's format, with the SHA-256 of the public key", async () => {
    const KeyName = uniqueName("ed25519");
    const pair = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    expect(pair.KeyMaterial).to.match(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    const openSsh = openSshOf(pair.KeyMaterial ?? "");
    expect(await publicKeyOf(KeyName)).to.equal(`${openSsh} ${KeyName}`);
    const blob = Buffer.from(openSsh.split(" ")[1] ?? "", "base64");
    expect(pair.KeyFingerprint).to.equal(createHash("sha256").update(blob).digest("base64"));
  });

  for (const KeyType of ["rsa", "ed25519"] as const) {
    it(`CreateKeyPair writes an ${KeyType} key as a PuTTY file`, async () => {
      const KeyName = uniqueName("ppk");
      const { KeyMaterial = "" } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType, KeyFormat: "ppk" }));
      expect(KeyMaterial).to.match(/^PuTTY-User-Key-File-2: ssh-/);
      // ssh2 reads no ED25519 key of this format.
      if (KeyType === "rsa") expect(await publicKeyOf(KeyName)).to.equal(`${openSshOf(KeyMaterial)} ${KeyName}`);
    });
  }

  it("ImportKeyPair shows the MD5 of an RSA public key", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const line = `${openSshOf(String(privateKey.export({ type: "pkcs1", format: "pem" })))} someone@somewhere`;
    const KeyName = uniqueName("imported");
    const imported = await aws.ec2.send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(line) }));
    expect(imported.KeyFingerprint).to.equal(colons("md5", publicKey.export({ type: "spki", format: "der" })));
  });

  it("ImportKeyPair takes the forms that AWS takes, and finds the same key in each", async () => {
    const pair = await aws.ec2.send(new CreateKeyPairCommand({ KeyName: uniqueName("source") }));
    const openSsh = openSshOf(pair.KeyMaterial ?? "");
    const base64 = openSsh.split(" ")[1] ?? "";
    const der = createPublicKey(pair.KeyMaterial ?? "").export({ type: "spki", format: "der" });
    const forms = [
      openSsh,
      `---- BEGIN SSH2 PUBLIC KEY ----\nComment: "of a test"\n${base64.match(/.{1,70}/g)?.join("\n")}\n---- END SSH2 PUBLIC KEY ----\n`,
      der.toString("base64"),
    ];
    const fingerprints = new Set<string | undefined>();
    for (const form of forms) {
      const KeyName = uniqueName("form");
      const { KeyFingerprint } = await aws.ec2.send(
        new ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(form) }),
      );
      fingerprints.add(KeyFingerprint);
    }
    expect([...fingerprints]).to.deep.equal([colons("md5", der)]);
  });

  for (const text of [
    "not a key",
    "ssh-rsa AAAA",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJTa",
    "ssh-dss AAAAB3NzaC1kc3M=",
  ]) {
    it(`ImportKeyPair rejects «${text}» with InvalidKey.Format`, async () => {
      const answer = await refusal(
        aws.ec2.send(new ImportKeyPairCommand({ KeyName: uniqueName("bad"), PublicKeyMaterial: Buffer.from(text) })),
      );
      expect(answer).to.include({ code: "InvalidKey.Format", status: 400 });
    });
  }

  it("rejects a name that is taken with InvalidKeyPair.Duplicate", async () => {
    const KeyName = uniqueName("twice");
    await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    const answer = await refusal(aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" })));
    expect(answer).to.deep.equal({
      code: "InvalidKeyPair.Duplicate",
      status: 400,
      message: "The keypair already exists",
    });
  });

  it("DescribeKeyPairs finds by name, id and tag, and shows the public key only when asked", async () => {
    const KeyName = uniqueName("tagged");
    const { KeyPairId = "" } = await aws.ec2.send(
      new CreateKeyPairCommand({
        KeyName,
        KeyType: "ed25519",
        TagSpecifications: [{ ResourceType: "key-pair", Tags: [{ Key: "team", Value: KeyName }] }],
      }),
    );
    const Filters = [{ Name: "tag:team", Values: [KeyName] }];
    for (const input of [{ KeyNames: [KeyName] }, { KeyPairIds: [KeyPairId] }, { Filters }]) {
      const { KeyPairs = [] } = await aws.ec2.send(new DescribeKeyPairsCommand(input));
      expect(KeyPairs.map((pair) => pair.KeyPairId)).to.deep.equal([KeyPairId]);
      expect(KeyPairs[0]?.PublicKey).to.equal(undefined);
      expect(KeyPairs[0]?.KeyType).to.equal("ed25519");
      expect(KeyPairs[0]?.Tags).to.deep.equal([{ Key: "team", Value: KeyName }]);
    }
  });

  it("DescribeKeyPairs rejects an unknown name with InvalidKeyPair.NotFound", async () => {
    const answer = await refusal(aws.ec2.send(new DescribeKeyPairsCommand({ KeyNames: ["nobody"] })));
    expect(answer).to.deep.equal({
      code: "InvalidKeyPair.NotFound",
      status: 400,
      message: "The key pair 'nobody' does not exist",
    });
  });

  it("DeleteKeyPair deletes, and does not mind a key pair that is not there", async () => {
    const KeyName = uniqueName("gone");
    const { KeyPairId } = await aws.ec2.send(new CreateKeyPairCommand({ KeyName, KeyType: "ed25519" }));
    const deleted = await aws.ec2.send(new DeleteKeyPairCommand({ KeyName }));
    expect(deleted.KeyPairId).to.equal(KeyPairId);
    const again = await aws.ec2.send(new DeleteKeyPairCommand({ KeyName }));
    expect(again.Return).to.equal(true);
    const answer = await refusal(aws.ec2.send(new DescribeKeyPairsCommand({ KeyNames: [KeyName] })));
    expect(answer.code).to.equal("InvalidKeyPair.NotFound");
  });

  async function publicKeyOf(KeyName: string): Promise<string | undefined> {
    const input = { KeyNames: [KeyName], IncludePublicKey: true };
    return (await aws.ec2.send(new DescribeKeyPairsCommand(input))).KeyPairs?.[0]?.PublicKey?.trimEnd();
  }
});

/** The public half of a private key, as another implementation of SSH reads it. */
function openSshOf(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) throw new Error("no key");
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}

function colons(algorithm: string, der: Buffer): string {
  return createHash(algorithm)
    .update(der)
    .digest("hex")
    .replace(/(..)(?=.)/g, "$1:");
}
