import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  DeleteBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName, xmlElement } from "./s3-support.ts";

describe("s3 buckets", () => {
  let aws: TestServer;
  let other: S3Client;
  let frankfurt: S3Client;
  let anonymous: S3Client;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const config = { ...aws.clientConfig, forcePathStyle: true };
    other = new S3Client({ ...config, credentials: { accessKeyId: "other", secretAccessKey: "secret" } });
    frankfurt = new S3Client({ ...config, region: "eu-central-1" });
    anonymous = new S3Client({ ...config, signer: { sign: async (request) => request } });
  });
  after(() => aws.stop());

  describe("s3 CreateBucket", () => {
    it("makes a bucket and says where it is", async () => {
      const Bucket = uniqueName();
      const made = await aws.s3.send(new CreateBucketCommand({ Bucket }));
      expect([made.Location, made.BucketArn]).to.deep.equal([`/${Bucket}`, `arn:aws:s3:::${Bucket}`]);
      expect((await aws.s3.send(new HeadBucketCommand({ Bucket }))).BucketArn).to.equal(`arn:aws:s3:::${Bucket}`);
    });

    it("makes one's own bucket again in us-east-1 without an error", async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "kept");
      await aws.s3.send(new CreateBucketCommand({ Bucket }));
      expect(await refusalCode(aws.s3.send(new DeleteBucketCommand({ Bucket })))).to.equal("BucketNotEmpty 409");
    });

    it("makes one's own bucket again in us-east-1 as it is alone, and gives it another access control list", async () => {
      const Bucket = uniqueName();
      const ObjectOwnership = "BucketOwnerPreferred" as const;
      const create = (more: Partial<CreateBucketCommandInput>) =>
        aws.s3.send(new CreateBucketCommand({ Bucket, ...more }));
      const grants = async () => (await aws.s3.send(new GetBucketAclCommand({ Bucket }))).Grants ?? [];
      await create({ ObjectOwnership, CreateBucketConfiguration: { Tags: [{ Key: "birth", Value: "original" }] } });
      const [full] = await grants();
      await create({ ObjectOwnership, GrantRead: `id="${full?.Grantee?.ID}"` });
      expect((await grants()).map(({ Permission }) => Permission)).to.deep.equal(["READ"]);
      const Tags = [{ Key: "birth", Value: "original" }];
      const others: Partial<CreateBucketCommandInput>[] = [
        {},
        { ObjectOwnership: "ObjectWriter", ACL: "private" },
        { ObjectOwnership, ObjectLockEnabledForBucket: true },
        { ObjectOwnership, CreateBucketConfiguration: { Tags } },
        { ObjectOwnership, CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } },
      ];
      for (const more of others) expect(await refusalCode(create(more))).to.equal("BucketAlreadyOwnedByYou 409");
      expect((await grants()).map(({ Permission }) => Permission)).to.deep.equal(["READ"]);
      await create({ ObjectOwnership });
      expect(await grants()).to.deep.equal([full]);
      expect((await aws.s3.send(new GetBucketTaggingCommand({ Bucket }))).TagSet).to.deep.equal(Tags);
      const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
      await aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      expect(await refusalCode(create({ ObjectOwnership }))).to.equal("BucketAlreadyOwnedByYou 409");
      await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      await create({ ObjectOwnership });
    });

    it("rejects one's own bucket of another region with BucketAlreadyOwnedByYou", async () => {
      const Bucket = uniqueName();
      const command = () =>
        new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: "eu-central-1" } });
      expect((await frankfurt.send(command())).Location).to.equal(`http://${Bucket}.s3.amazonaws.com/`);
      expect(await refusal(frankfurt.send(command()))).to.deep.include({
        code: "BucketAlreadyOwnedByYou",
        status: 409,
        message: "Your previous request to create the named bucket succeeded and you already own it.",
      });
    });

    it("rejects a bucket of another account with BucketAlreadyExists", async () => {
      const Bucket = await newBucket(aws);
      const refused = await refusal(other.send(new CreateBucketCommand({ Bucket })));
      expect(refused).to.deep.include({ code: "BucketAlreadyExists", status: 409 });
      expect(refused.members).to.deep.include({ BucketName: Bucket });
    });

    for (const [what, name] of [
      ["is too short", "ab"],
      ["is too long", "a".repeat(64)],
      ["has capitals", "Capitals-are-not-taken"],
      ["has an underscore", "under_score"],
      ["begins with a hyphen", "-begins"],
      ["ends with a hyphen", "ends-"],
      ["has two dots in a row", "two..dots"],
      ["has a hyphen beside a dot", "hyphen-.dot"],
      ["is an IP address", "192.168.5.4"],
      ["has a reserved prefix", "xn--punycode"],
      ["has a reserved suffix", "alias-s3alias"],
    ]) {
      it(`rejects a name that ${what} with InvalidBucketName`, async () => {
        const refused = await rawRequest(aws, { method: "PUT", path: `/${name}` });
        expect(refused.status).to.equal(400);
        expect(refused.text).to.include("<Code>InvalidBucketName</Code>");
      });
    }

    it("takes names of every valid form", async () => {
      for (const name of ["a.b", "0-9", "a".repeat(63), "1.2.3"]) {
        const Bucket = name.length === 63 ? name : `${uniqueName()}.${name}`;
        await aws.s3.send(new CreateBucketCommand({ Bucket }));
      }
    });

    it("rejects the constraint us-east-1 with InvalidLocationConstraint", async () => {
      const command = new CreateBucketCommand({
        Bucket: uniqueName(),
        CreateBucketConfiguration: { LocationConstraint: "us-east-1" as never },
      });
      expect(await refusalCode(aws.s3.send(command))).to.equal("InvalidLocationConstraint 400");
    });

    it("rejects a region that is none with InvalidLocationConstraint", async () => {
      const command = new CreateBucketCommand({
        Bucket: uniqueName(),
        CreateBucketConfiguration: { LocationConstraint: "mars-north-1" as never },
      });
      expect(await refusalCode(aws.s3.send(command))).to.equal("InvalidLocationConstraint 400");
    });

    it("rejects another region's constraint with IllegalLocationConstraintException", async () => {
      const Bucket = uniqueName();
      const command = new CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      });
      expect(await refusal(frankfurt.send(command))).to.deep.include({
        code: "IllegalLocationConstraintException",
        status: 400,
        message:
          "The eu-west-1 location constraint is incompatible for the region specific endpoint this request was sent to.",
      });
    });

    it("tells who signs for a region that is none which one to sign for", async () => {
      const { status, text } = await rawRequest(aws, { method: "PUT", path: `/${uniqueName()}`, region: "US" });
      expect([status, ...["Code", "Message", "Region"].map((name) => xmlElement(text, name))]).to.deep.equal([
        400,
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'US' is wrong; expecting 'us-east-1'",
        "us-east-1",
      ]);
    });

    it("rejects a missing constraint outside of us-east-1", async () => {
      // The SDK names its own region where the caller does not.
      const refused = await rawRequest(aws, { method: "PUT", path: `/${uniqueName()}`, region: "eu-central-1" });
      expect([refused.status, xmlElement(refused.text, "Message")]).to.deep.equal([
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
      ]);
    });

    it("rejects ACLs that grant anything with InvalidBucketAclWithObjectOwnership", async () => {
      const command = new CreateBucketCommand({ Bucket: uniqueName(), ACL: "public-read" });
      expect(await refusalCode(aws.s3.send(command))).to.equal("InvalidBucketAclWithObjectOwnership 400");
    });

    it("rejects anonymous callers with AccessDenied", async () => {
      const command = new CreateBucketCommand({ Bucket: uniqueName() });
      expect(await refusalCode(anonymous.send(command))).to.equal("AccessDenied 403");
    });
  });

  describe("s3 HeadBucket", () => {
    it("says the region", async () => {
      const Bucket = await newBucket(aws);
      const head = await aws.s3.send(new HeadBucketCommand({ Bucket }));
      expect(head).to.deep.include({ BucketRegion: "us-east-1", AccessPointAlias: false });
    });

    it("rejects a bucket that is not there with 404 and no body", async () => {
      const answer = await rawRequest(aws, { method: "HEAD", path: `/${uniqueName()}` });
      expect(answer.status).to.equal(404);
      expect(answer.text).to.equal("");
    });

    it("rejects another account's and anonymous callers with 403", async () => {
      const Bucket = await newBucket(aws);
      expect((await refusal(other.send(new HeadBucketCommand({ Bucket })))).status).to.equal(403);
      expect((await refusal(anonymous.send(new HeadBucketCommand({ Bucket })))).status).to.equal(403);
    });

    it("honours the expected owner", async () => {
      const Bucket = await newBucket(aws);
      await aws.s3.send(new HeadBucketCommand({ Bucket, ExpectedBucketOwner: "000000000000" }));
      const foreign = aws.s3.send(new GetBucketLocationCommand({ Bucket, ExpectedBucketOwner: "222222222222" }));
      expect(await refusalCode(foreign)).to.equal("AccessDenied 403");
      const nonsense = aws.s3.send(new GetBucketLocationCommand({ Bucket, ExpectedBucketOwner: "me" }));
      expect(await refusalCode(nonsense)).to.equal("InvalidBucketOwnerAWSAccountID 400");
    });
  });

  describe("s3 GetBucketLocation", () => {
    it("answers us-east-1 with an empty constraint, and others with their name", async () => {
      const Bucket = await newBucket(aws);
      expect((await aws.s3.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).to.equal(undefined);
      const raw = await rawRequest(aws, { method: "GET", path: `/${Bucket}?location` });
      expect(raw.text).to.match(/<LocationConstraint xmlns="[^"]*"(?:\/>|><\/LocationConstraint>)$/);

      const far = uniqueName();
      const CreateBucketConfiguration = { LocationConstraint: "ap-south-2" } as const;
      await aws.s3.send(new CreateBucketCommand({ Bucket: far, CreateBucketConfiguration }));
      const { LocationConstraint } = await aws.s3.send(new GetBucketLocationCommand({ Bucket: far }));
      expect(LocationConstraint).to.equal("ap-south-2");
    });

    it("rejects a bucket that is not there with NoSuchBucket", async () => {
      const Bucket = uniqueName();
      const refused = await refusal(aws.s3.send(new GetBucketLocationCommand({ Bucket })));
      expect(refused).to.deep.include({
        code: "NoSuchBucket",
        status: 404,
        message: "The specified bucket does not exist",
      });
      expect(refused.members).to.deep.include({ BucketName: Bucket });
    });
  });

  describe("s3 ListBuckets", () => {
    it("lists the caller's own buckets by name, with an owner that has an id and no name", async () => {
      const prefix = uniqueName("list");
      for (const name of ["b", "a", "c"]) {
        await aws.s3.send(new CreateBucketCommand({ Bucket: `${prefix}-${name}` }));
      }
      await other.send(new CreateBucketCommand({ Bucket: `${prefix}-other` }));
      const { Buckets = [], Owner } = await aws.s3.send(new ListBucketsCommand({}));
      const names = Buckets.map((bucket) => bucket.Name).filter((name) => name?.startsWith(prefix));
      expect(names).to.deep.equal([`${prefix}-a`, `${prefix}-b`, `${prefix}-c`]);
      expect(Buckets.every((bucket) => bucket.CreationDate instanceof Date)).to.equal(true);
      expect(Owner?.ID).to.match(/^[0-9a-f]{64}$/);
      expect(Owner?.DisplayName).to.equal(undefined);
    });

    it("pages through what a prefix and a region select", async () => {
      const prefix = uniqueName("pages");
      for (const name of ["a", "b", "c", "d"]) {
        await aws.s3.send(new CreateBucketCommand({ Bucket: `${prefix}-${name}` }));
      }
      await frankfurt.send(
        new CreateBucketCommand({
          Bucket: `${prefix}-far`,
          CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
        }),
      );
      const query = { Prefix: prefix, BucketRegion: "us-east-1", MaxBuckets: 3 };
      const first = await aws.s3.send(new ListBucketsCommand(query));
      expect(first.Buckets?.map((bucket) => bucket.Name)).to.deep.equal(["a", "b", "c"].map((n) => `${prefix}-${n}`));
      expect(first.Buckets?.[0]?.BucketRegion).to.equal("us-east-1");
      expect(first.Prefix).to.equal(prefix);
      const ContinuationToken = first.ContinuationToken ?? "";
      const second = await aws.s3.send(new ListBucketsCommand({ ...query, ContinuationToken }));
      expect(second.Buckets?.map((bucket) => bucket.Name)).to.deep.equal([`${prefix}-d`]);
      expect(second.ContinuationToken).to.equal(undefined);
    });

    it("rejects a page size out of range and a token that it never gave with InvalidArgument", async () => {
      expect(await refusalCode(aws.s3.send(new ListBucketsCommand({ MaxBuckets: 0 })))).to.equal("InvalidArgument 400");
      expect(await refusalCode(aws.s3.send(new ListBucketsCommand({ MaxBuckets: 10_001 })))).to.equal(
        "InvalidArgument 400",
      );
      expect(await refusalCode(aws.s3.send(new ListBucketsCommand({ ContinuationToken: "nonsense" })))).to.equal(
        "InvalidArgument 400",
      );
    });

    it("rejects anonymous callers with AccessDenied", async () => {
      expect(await refusalCode(anonymous.send(new ListBucketsCommand({})))).to.equal("AccessDenied 403");
    });
  });

  describe("s3 DeleteBucket", () => {
    it("deletes an empty bucket", async () => {
      const Bucket = await newBucket(aws);
      await aws.s3.send(new DeleteBucketCommand({ Bucket }));
      const again = aws.s3.send(new DeleteBucketCommand({ Bucket }));
      expect(await refusalCode(again)).to.equal("NoSuchBucket 404");
    });

    it("rejects a bucket that is not empty with BucketNotEmpty", async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "object");
      expect(await refusal(aws.s3.send(new DeleteBucketCommand({ Bucket })))).to.deep.include({
        code: "BucketNotEmpty",
        status: 409,
        message: "The bucket you tried to delete is not empty",
      });
    });

    it("rejects another account's bucket with AccessDenied, and keeps it", async () => {
      const Bucket = await newBucket(aws);
      expect(await refusalCode(other.send(new DeleteBucketCommand({ Bucket })))).to.equal("AccessDenied 403");
      expect(await refusalCode(other.send(new PutObjectCommand({ Bucket, Key: "a", Body: "b" })))).to.equal(
        "AccessDenied 403",
      );
      await aws.s3.send(new HeadBucketCommand({ Bucket }));
    });

    it("lets a name be used anew, without what was there before", async () => {
      const Bucket = await newBucket(aws);
      await aws.s3.send(new DeleteBucketCommand({ Bucket }));
      await other.send(new CreateBucketCommand({ Bucket }));
      await other.send(new HeadBucketCommand({ Bucket }));
    });
  });
});
