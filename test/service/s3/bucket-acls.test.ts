import {
  type BucketCannedACL,
  CreateBucketCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetBucketOwnershipControlsCommand,
  type Grant,
  ListObjectsV2Command,
  type ObjectOwnership,
  PutBucketAclCommand,
  type PutBucketAclCommandInput,
  PutBucketOwnershipControlsCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 ACLs", () => {
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

  /** A bucket that has ACLs, which may grant the public something. */
  async function aclBucket(): Promise<string> {
    const Bucket = uniqueName();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: "ObjectWriter" }));
    await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    return Bucket;
  }

  const putAcl = (Bucket: string, more: Partial<PutBucketAclCommandInput>) =>
    aws.s3.send(new PutBucketAclCommand({ Bucket, ...more }));

  const list = (client: S3Client, Bucket: string) => client.send(new ListObjectsV2Command({ Bucket }));

  describe("s3 PutBucketAcl", () => {
    it("is refused with AccessControlListNotSupported where ACLs are disabled, as is PutObjectAcl", async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "key");
      const expected = {
        code: "AccessControlListNotSupported",
        status: 400,
        message: "The bucket does not allow ACLs",
      };
      expect(await refusal(putAcl(Bucket, { ACL: "private" }))).to.deep.include(expected);
      const object = aws.s3.send(new PutObjectAclCommand({ Bucket, Key: "key", ACL: "public-read" }));
      expect(await refusal(object)).to.deep.include(expected);
    });

    it("lets in whom a canned ACL names, for what it grants", async () => {
      const Bucket = await aclBucket();
      expect(await refusalCode(list(anonymous, Bucket))).to.equal("AccessDenied 403");
      await putAcl(Bucket, { ACL: "authenticated-read" });
      expect((await list(other, Bucket)).KeyCount).to.equal(0);
      expect(await refusalCode(list(anonymous, Bucket))).to.equal("AccessDenied 403");
      await putAcl(Bucket, { ACL: "public-read" });
      expect((await list(anonymous, Bucket)).KeyCount).to.equal(0);
      const write = () => anonymous.send(new PutObjectCommand({ Bucket, Key: "key", Body: "x" }));
      expect(await refusalCode(write())).to.equal("AccessDenied 403");
      await putAcl(Bucket, { ACL: "public-read-write" });
      await write();
      expect((await list(aws.s3, Bucket)).KeyCount).to.equal(1);
    });

    it("takes grants in headers and in a document, which GetBucketAcl gives back", async () => {
      const Bucket = await aclBucket();
      const { Owner } = await aws.s3.send(new GetBucketAclCommand({ Bucket }));
      const stranger = await newStrangersId();
      await putAcl(Bucket, { GrantRead: `id="${stranger}"`, GrantFullControl: `id=${Owner?.ID}` });
      expect((await list(other, Bucket)).KeyCount).to.equal(0);
      const Grants: Grant[] = [
        { Grantee: { ID: stranger, Type: "CanonicalUser" }, Permission: "READ_ACP" },
        { Grantee: { URI: "http://acs.amazonaws.com/groups/s3/LogDelivery", Type: "Group" }, Permission: "WRITE" },
      ];
      await putAcl(Bucket, { AccessControlPolicy: { Owner, Grants } });
      expect((await other.send(new GetBucketAclCommand({ Bucket }))).Grants).to.deep.equal(Grants);
      expect(await refusalCode(list(other, Bucket))).to.equal("AccessDenied 403");
    });

    async function newStrangersId(): Promise<string> {
      const Bucket = uniqueName();
      await other.send(new CreateBucketCommand({ Bucket }));
      const { Owner } = await other.send(new GetBucketAclCommand({ Bucket }));
      return Owner?.ID ?? "";
    }

    it("rejects what is no ACL", async () => {
      const Bucket = await aclBucket();
      const { Owner } = await aws.s3.send(new GetBucketAclCommand({ Bucket }));
      const byEmail: Grant = {
        Grantee: { Type: "AmazonCustomerByEmail", EmailAddress: "me@example.com" },
        Permission: "READ",
      };
      const answers = [
        await refusalCode(putAcl(Bucket, { ACL: "shared" as BucketCannedACL })),
        await refusalCode(putAcl(Bucket, { ACL: "private", GrantRead: `id="${Owner?.ID}"` })),
        await refusalCode(putAcl(Bucket, { GrantRead: 'id="me"' })),
        await refusalCode(putAcl(Bucket, { GrantRead: 'uri="http://example.com"' })),
        await refusalCode(putAcl(Bucket, { GrantRead: 'emailAddress="me@example.com"' })),
        await refusalCode(putAcl(Bucket, { AccessControlPolicy: { Owner, Grants: [byEmail] } })),
        await refusalCode(putAcl(Bucket, { AccessControlPolicy: { Grants: [] } })),
        await refusalCode(putAcl(Bucket, {})),
      ];
      expect(answers).to.deep.equal([
        "InvalidArgument 400",
        "InvalidRequest 400",
        "InvalidArgument 400",
        "InvalidArgument 400",
        "MethodNotAllowed 405",
        "MethodNotAllowed 405",
        "MalformedACLError 400",
        "MissingSecurityHeader 400",
      ]);
    });

    it("may not grant the public anything under BlockPublicAcls, and what it granted is ignored under IgnorePublicAcls", async () => {
      const Bucket = await aclBucket();
      await putAcl(Bucket, { ACL: "public-read" });
      const block = (PublicAccessBlockConfiguration: { IgnorePublicAcls?: boolean; BlockPublicAcls?: boolean }) =>
        aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      await block({ IgnorePublicAcls: true });
      expect(await refusalCode(list(anonymous, Bucket))).to.equal("AccessDenied 403");
      await block({ BlockPublicAcls: true });
      expect((await list(anonymous, Bucket)).KeyCount).to.equal(0);
      expect(await refusalCode(putAcl(Bucket, { ACL: "public-read" }))).to.equal("AccessDenied 403");
    });

    it("keeps ACLs from being disabled as long as it grants others something, or its owner not everything", async () => {
      const Bucket = await aclBucket();
      await putAcl(Bucket, { ACL: "public-read" });
      const Rules = [{ ObjectOwnership: "BucketOwnerEnforced" as ObjectOwnership }];
      const enforce = () =>
        aws.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
      expect(await refusalCode(enforce())).to.equal("InvalidBucketAclWithObjectOwnership 400");
      const { Owner } = await aws.s3.send(new GetBucketAclCommand({ Bucket }));
      await putAcl(Bucket, { AccessControlPolicy: { Owner, Grants: [] } });
      expect(await refusalCode(enforce())).to.equal("InvalidBucketAclWithObjectOwnership 400");
      await putAcl(Bucket, { GrantRead: `id=${Owner?.ID}` });
      expect(await refusalCode(enforce())).to.equal("InvalidBucketAclWithObjectOwnership 400");
      await putAcl(Bucket, { ACL: "private" });
      await enforce();
      const controls = await aws.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
      expect(controls.OwnershipControls?.Rules).to.deep.equal(Rules);
    });
  });
});
