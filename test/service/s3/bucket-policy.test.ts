import {
  CopyObjectCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketPolicyCommand,
  GetBucketPolicyStatusCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode } from "./s3-support.ts";

describe("s3 bucket policies", () => {
  let aws: TestServer;
  let other: S3Client;
  let anonymous: S3Client;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const config = { ...aws.clientConfig, forcePathStyle: true };
    other = new S3Client({ ...config, credentials: { accessKeyId: "other", secretAccessKey: "secret" } });
    anonymous = new S3Client({ ...config, signer: { sign: async (request) => request } });
  });
  after(async () => {
    other.destroy();
    anonymous.destroy();
    await aws.stop();
  });

  type Fields = Record<string, unknown>;

  /** A bucket that may be opened to the public. */
  async function openBucket(): Promise<string> {
    const Bucket = await newBucket(aws);
    await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    return Bucket;
  }

  function putPolicy(Bucket: string, ...Statement: Fields[]) {
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    return aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  }

  const objects = (Bucket: string) => `arn:aws:s3:::${Bucket}/*`;

  const allow = (Bucket: string, more: Fields = {}): Fields => ({
    ...{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: objects(Bucket) },
    ...more,
  });

  const read = (client: S3Client, Bucket: string, Key = "key") => client.send(new GetObjectCommand({ Bucket, Key }));

  async function textOf(answer: ReturnType<typeof read>): Promise<string | undefined> {
    return (await answer).Body?.transformToString();
  }

  describe("s3 PutBucketPolicy", () => {
    it("stores the text, which GetBucketPolicy gives back byte for byte, until it is deleted", async () => {
      const Bucket = await openBucket();
      const Policy = `{ "Version":"2012-10-17",\n "Statement": [${JSON.stringify(allow(Bucket))}] }`;
      await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
      expect((await aws.s3.send(new GetBucketPolicyCommand({ Bucket }))).Policy).to.equal(Policy);
      await aws.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
      const gone = aws.s3.send(new GetBucketPolicyCommand({ Bucket }));
      expect(await refusalCode(gone)).to.equal("NoSuchBucketPolicy 404");
    });

    it("gives accounts that were named by their numbers back as their roots", async () => {
      const Bucket = await openBucket();
      const root = "arn:aws:iam::222222222222:root";
      for (const [AWS, read] of [
        ["222222222222", root],
        [
          ["222222222222", "arn:aws:iam::333333333333:root"],
          [root, "arn:aws:iam::333333333333:root"],
        ],
      ]) {
        const Policy = one(allow(Bucket, { Principal: { AWS } }));
        await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
        const stored = await aws.s3.send(new GetBucketPolicyCommand({ Bucket }));
        expect(stored.Policy).to.equal(one(allow(Bucket, { Principal: { AWS: read } })));
      }
    });

    const refusals: [what: string, policy: (bucket: string) => string, message: string][] = [
      ["what is no JSON", () => "policy", "Policies must be valid JSON and the first byte must be '{'"],
      ["JSON that ends early", () => "{", "This policy contains invalid Json"],
      ["no statement", () => "{}", "Missing required field Statement"],
      ["an empty statement", () => '{"Statement":[]}', "Could not parse the policy: Statement is empty!"],
      ["no principal", (name) => one(allow(name, { Principal: undefined })), "Missing required field Principal"],
      ["no action", (name) => one(allow(name, { Action: undefined })), "Missing required field Action"],
      ["a field that policies have not", () => '{"version":"2012-10-17","Statement":[]}', "Unknown field version"],
      ["a field that statements have not", (name) => one(allow(name, { Actions: "s3:*" })), "Unknown field Actions"],
      ["an unknown effect", (name) => one(allow(name, { Effect: "Maybe" })), "Invalid effect: Maybe"],
      [
        "a principal that is no ARN",
        (name) => one(allow(name, { Principal: { AWS: "me" } })),
        "Invalid principal in policy",
      ],
      [
        "a part of an account",
        (name) => one(allow(name, { Principal: { AWS: "arn:aws:iam::222222222222:user/*" } })),
        "Invalid principal in policy",
      ],
      [
        "whoever is not named",
        (name) => one(allow(name, { Principal: undefined, NotPrincipal: { AWS: "arn:aws:iam::222222222222:root" } })),
        "Allow with NotPrincipal is not allowed.",
      ],
      ["an action of another service", (name) => one(allow(name, { Action: "ec2:Get" })), "Policy has invalid action"],
      ["another bucket", () => one(allow("another-bucket")), "Policy has invalid resource"],
      [
        "an action on the bucket for objects alone",
        (name) => one(allow(name, { Action: "s3:ListBucket" })),
        "Action does not apply to any resource(s) in statement",
      ],
      [
        "an unknown operator",
        (name) => one(allow(name, { Condition: { StringFits: { "aws:Referer": "x" } } })),
        "Invalid Condition type : StringFits",
      ],
      ...["123", "10.0.0.0/33", "::1/129", "localhost"].map((ip): (typeof refusals)[number] => [
        `${ip} as an address`,
        (name) => one(allow(name, { Condition: { NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8", ip] } } })),
        "Invalid IP address in Conditions",
      ]),
      [
        "a VPC as an ARN",
        (name) => one(allow(name, { Condition: { ArnEquals: { "aws:SourceVpc": "vpc-12345678" } } })),
        "Invalid ARN in Conditions",
      ],
    ];
    function one(statement: Fields): string {
      return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    }
    for (const [what, policy, message] of refusals) {
      it(`rejects ${what} with MalformedPolicy`, async () => {
        const Bucket = await openBucket();
        const call = aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: policy(Bucket) }));
        expect(await refusal(call)).to.deep.include({ code: "MalformedPolicy", status: 400, message });
      });
    }

    it("rejects a public policy with AccessDenied where public policies are blocked, as in a new bucket", async () => {
      const Bucket = await newBucket(aws);
      expect(await refusal(putPolicy(Bucket, allow(Bucket)))).to.deep.include({
        code: "AccessDenied",
        status: 403,
        message: `User: arn:aws:iam::000000000000:root is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${Bucket}" because public policies are blocked by the BlockPublicPolicy block public access setting.`,
      });
      await putPolicy(Bucket, allow(Bucket, { Principal: { AWS: "222222222222" } }));
    });
  });

  describe("s3 GetBucketPolicyStatus", () => {
    it("says whether a policy is public", async () => {
      const Bucket = await openBucket();
      const isPublic = async () =>
        (await aws.s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus?.IsPublic;
      await putPolicy(Bucket, allow(Bucket));
      expect(await isPublic()).to.equal(true);
      await putPolicy(Bucket, allow(Bucket, { Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }));
      expect(await isPublic()).to.equal(false);
      await putPolicy(Bucket, allow(Bucket, { Principal: { AWS: "arn:aws:iam::222222222222:root" } }));
      expect(await isPublic()).to.equal(false);
    });
  });

  describe("s3 a bucket policy", () => {
    it("lets anybody read where it is for everybody, and no more than that", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "key");
      expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
      await putPolicy(Bucket, allow(Bucket));
      expect(await textOf(read(anonymous, Bucket))).to.equal("key");
      expect(await textOf(read(other, Bucket))).to.equal("key");
      const write = anonymous.send(new PutObjectCommand({ Bucket, Key: "mine", Body: "x" }));
      expect(await refusalCode(write)).to.equal("AccessDenied 403");
      const list = anonymous.send(new ListObjectsV2Command({ Bucket }));
      expect(await refusalCode(list)).to.equal("AccessDenied 403");
    });

    it("has variables, which stand for what is known of the request", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "222222222222/key");
      await put(aws, Bucket, "333333333333/key");
      const own = `arn:aws:s3:::${Bucket}/\${aws:PrincipalAccount}/*`;
      await putPolicy(Bucket, allow(Bucket, { Resource: own }));
      expect(await textOf(read(other, Bucket, "222222222222/key"))).to.equal("222222222222/key");
      expect(await refusalCode(read(other, Bucket, "333333333333/key"))).to.equal("AccessDenied 403");
      expect(await refusalCode(read(anonymous, Bucket, "222222222222/key"))).to.equal("AccessDenied 403");
    });

    it("tells what is not there only to who may list", async () => {
      const Bucket = await openBucket();
      await putPolicy(Bucket, allow(Bucket));
      expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
      const list = allow(Bucket, { Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` });
      await putPolicy(Bucket, allow(Bucket), list);
      expect(await refusalCode(read(anonymous, Bucket))).to.equal("NoSuchKey 404");
    });

    it("lets an account in by its number, its root or its canonical id, and no other", async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "key");
      for (const AWS of ["222222222222", "arn:aws:iam::222222222222:root"]) {
        await putPolicy(Bucket, allow(Bucket, { Principal: { AWS } }));
        expect(await textOf(read(other, Bucket))).to.equal("key");
        expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
      }
      await putPolicy(Bucket, allow(Bucket, { Principal: { AWS: "arn:aws:iam::222222222222:user/somebody" } }));
      expect(await refusalCode(read(other, Bucket))).to.equal("AccessDenied 403");
    });

    it("denies, also to the owner, what it denies, whatever else it allows; the owner can delete it all the same", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "key");
      await put(aws, Bucket, "open");
      const deny = allow(Bucket, { Effect: "Deny", Resource: `arn:aws:s3:::${Bucket}/k?y` });
      await putPolicy(Bucket, allow(Bucket), deny);
      expect(await refusalCode(read(other, Bucket))).to.equal("AccessDenied 403");
      expect(await textOf(read(other, Bucket, "open"))).to.equal("open");
      expect(await refusal(read(aws.s3, Bucket))).to.deep.include({
        code: "AccessDenied",
        message: `User: arn:aws:iam::000000000000:root is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::${Bucket}/key" with an explicit deny in a resource-based policy`,
      });
      const all = [`arn:aws:s3:::${Bucket}`, objects(Bucket)];
      await putPolicy(Bucket, allow(Bucket, { Effect: "Deny", Action: "s3:*", Resource: all }));
      const list = aws.s3.send(new ListObjectsV2Command({ Bucket }));
      expect(await refusalCode(list)).to.equal("AccessDenied 403");
      await aws.s3.send(new DeleteBucketPolicyCommand({ Bucket }));
      expect(await textOf(read(aws.s3, Bucket))).to.equal("key");
    });

    it("excepts with NotPrincipal, NotAction and NotResource", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "key");
      await put(aws, Bucket, "secret");
      const { Resource: _, ...rest } = allow(Bucket, { Action: "s3:GetObject" });
      await putPolicy(Bucket, { ...rest, NotResource: `arn:aws:s3:::${Bucket}/secret` });
      expect(await textOf(read(anonymous, Bucket))).to.equal("key");
      expect(await refusalCode(read(anonymous, Bucket, "secret"))).to.equal("AccessDenied 403");
      const { Principal: __, ...nobody } = allow(Bucket, { Effect: "Deny" });
      const root = "arn:aws:iam::000000000000:root";
      await putPolicy(Bucket, allow(Bucket), { ...nobody, NotPrincipal: { AWS: root } });
      expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
      expect(await textOf(read(aws.s3, Bucket))).to.equal("key");
      const { Action: ___, ...acting } = allow(Bucket);
      await putPolicy(Bucket, { ...acting, NotAction: "s3:DeleteObject" });
      expect(await textOf(read(anonymous, Bucket))).to.equal("key");
      const remove = anonymous.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
      expect(await refusalCode(remove)).to.equal("AccessDenied 403");
    });

    it("holds under conditions on the prefix, the tags and the client's address", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "home/a");
      const list = allow(Bucket, {
        ...{ Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` },
        Condition: { StringLike: { "s3:prefix": "home/*" } },
      });
      await putPolicy(Bucket, list);
      const listed = await anonymous.send(new ListObjectsV2Command({ Bucket, Prefix: "home/" }));
      expect(listed.KeyCount).to.equal(1);
      const all = anonymous.send(new ListObjectsV2Command({ Bucket }));
      expect(await refusalCode(all)).to.equal("AccessDenied 403");

      const tagged = allow(Bucket, { Condition: { StringEquals: { "s3:ExistingObjectTag/security": "public" } } });
      await putPolicy(Bucket, tagged);
      expect(await refusalCode(read(anonymous, Bucket, "home/a"))).to.equal("AccessDenied 403");
      const Tagging = { TagSet: [{ Key: "security", Value: "public" }] };
      await aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "home/a", Tagging }));
      expect(await textOf(read(anonymous, Bucket, "home/a"))).to.equal("home/a");

      await putPolicy(Bucket, allow(Bucket, { Condition: { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } } }));
      expect(await textOf(read(anonymous, Bucket, "home/a"))).to.equal("home/a");
      await putPolicy(Bucket, allow(Bucket, { Condition: { NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" } } }));
      expect(await refusalCode(read(anonymous, Bucket, "home/a"))).to.equal("AccessDenied 403");
    });

    it("demands headers of a write, where it says so", async () => {
      const Bucket = await newBucket(aws);
      const Condition = { StringNotEquals: { "s3:x-amz-server-side-encryption": "aws:kms" } };
      await putPolicy(Bucket, allow(Bucket, { Effect: "Deny", Action: "s3:PutObject", Condition }));
      expect(await refusalCode(put(aws, Bucket, "plain"))).to.equal("AccessDenied 403");
      await put(aws, Bucket, "kms", { ServerSideEncryption: "aws:kms" });
    });

    it("is asked for the source of a copy, and for each key of DeleteObjects", async () => {
      const Bucket = await openBucket();
      const target = await newBucket(aws);
      await put(aws, Bucket, "key");
      await put(aws, Bucket, "kept");
      const copy = () =>
        aws.s3.send(new CopyObjectCommand({ Bucket: target, Key: "copy", CopySource: `${Bucket}/key` }));
      await putPolicy(Bucket, allow(Bucket, { Effect: "Deny" }));
      expect(await refusalCode(copy())).to.equal("AccessDenied 403");
      const key = `arn:aws:s3:::${Bucket}/key`;
      await putPolicy(Bucket, allow(Bucket, { Action: "s3:DeleteObject", Resource: key }));
      await copy();
      const Objects = [{ Key: "key" }, { Key: "kept" }];
      const removed = await other.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(removed.Deleted).to.deep.equal([{ Key: "key" }]);
      expect(removed.Errors).to.deep.equal([{ Key: "kept", Code: "AccessDenied", Message: "Access Denied" }]);
    });

    it("is for nobody else where it is public and RestrictPublicBuckets is on", async () => {
      const Bucket = await openBucket();
      await put(aws, Bucket, "key");
      await putPolicy(Bucket, allow(Bucket));
      const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true };
      await aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
      expect(await refusalCode(read(other, Bucket))).to.equal("AccessDenied 403");
      expect(await textOf(read(aws.s3, Bucket))).to.equal("key");
    });

    it("is not to be had by another account, which gets MethodNotAllowed", async () => {
      const Bucket = await openBucket();
      await putPolicy(Bucket, allow(Bucket, { Action: "s3:*", Resource: [`arn:aws:s3:::${Bucket}`, objects(Bucket)] }));
      expect(await refusalCode(other.send(new GetBucketPolicyCommand({ Bucket })))).to.equal("MethodNotAllowed 405");
    });
  });

  it("asks for s3:PutObjectAcl where an object is written with a list", async () => {
    const Bucket = await openBucket();
    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await aws.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
    const write = (client: S3Client) =>
      client.send(new PutObjectCommand({ Bucket, Key: "listed", ACL: "bucket-owner-full-control" }));
    expect((await putPolicy(Bucket, allow(Bucket, { Action: "s3:PutObject" }))).$metadata.httpStatusCode).to.equal(204);
    await other.send(new PutObjectCommand({ Bucket, Key: "unlisted" }));
    expect(await refusalCode(write(other))).to.equal("AccessDenied 403");
    await putPolicy(Bucket, allow(Bucket, { Action: ["s3:PutObject", "s3:PutObjectAcl"] }));
    await write(other);
    await putPolicy(Bucket, allow(Bucket, { Effect: "Deny", Action: "s3:PutObjectAcl" }));
    expect(await refusalCode(write(aws.s3))).to.equal("AccessDenied 403");
    await put(aws, Bucket, "unlisted");
  });

  it("knows the tags of a PutObjectTagging, and the conditions of a write", async () => {
    const Bucket = await openBucket();
    await put(aws, Bucket, "key");
    await putPolicy(
      Bucket,
      allow(Bucket, {
        Action: "s3:PutObjectTagging",
        Condition: { StringEquals: { "s3:RequestObjectTag/level": "public" } },
      }),
      allow(Bucket, { Action: "s3:PutObject", Condition: { Null: { "s3:if-none-match": "false" } } }),
    );
    const tag = (Value: string) =>
      other.send(new PutObjectTaggingCommand({ Bucket, Key: "key", Tagging: { TagSet: [{ Key: "level", Value }] } }));
    await tag("public");
    expect(await refusalCode(tag("secret"))).to.equal("AccessDenied 403");
    await other.send(new PutObjectCommand({ Bucket, Key: "new", IfNoneMatch: "*" }));
    expect(await refusalCode(other.send(new PutObjectCommand({ Bucket, Key: "new" })))).to.equal("AccessDenied 403");
  });

  it("knows how old a signature is", async () => {
    const Bucket = await openBucket();
    await put(aws, Bucket, "key");
    const tooOld = (limit: string) =>
      putPolicy(
        Bucket,
        allow(Bucket, { Effect: "Deny", Condition: { NumericGreaterThan: { "s3:signatureAge": limit } } }),
      );
    await tooOld("900000");
    await read(aws.s3, Bucket);
    await tooOld("-60000");
    expect(await refusalCode(read(aws.s3, Bucket))).to.equal("AccessDenied 403");
  });
});
