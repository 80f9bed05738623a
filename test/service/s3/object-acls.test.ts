import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAclCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  type Grant,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ObjectCannedACL,
  type ObjectOwnership,
  PutBucketAclCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutPublicAccessBlockCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal, refusalCode, uniqueName } from "./s3-support.ts";

const groups = "http://acs.amazonaws.com/groups/global/";

describe("s3 object ACLs", () => {
  let aws: TestServer;
  let other: S3Client;
  let anonymous: S3Client;
  let ownerId: string;
  let otherId: string;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const config = { ...aws.clientConfig, forcePathStyle: true };
    other = new S3Client({ ...config, credentials: { accessKeyId: "other", secretAccessKey: "secret" } });
    anonymous = new S3Client({ ...config, signer: { sign: async (request) => request } });
    ownerId = await canonicalId(aws.s3);
    otherId = await canonicalId(other);
  });
  after(async () => {
    other.destroy();
    anonymous.destroy();
    await aws.stop();
  });

  async function canonicalId(client: S3Client): Promise<string> {
    const Bucket = uniqueName();
    await client.send(new CreateBucketCommand({ Bucket }));
    return (await client.send(new GetBucketAclCommand({ Bucket }))).Owner?.ID ?? "";
  }

  async function aclBucket(ObjectOwnership: ObjectOwnership = "ObjectWriter"): Promise<string> {
    const Bucket = uniqueName();
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership }));
    await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    return Bucket;
  }

  async function sharedBucket(ownership?: ObjectOwnership): Promise<string> {
    const Bucket = await aclBucket(ownership);
    await aws.s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read-write" }));
    return Bucket;
  }

  const put = (client: S3Client, Bucket: string, more: Partial<PutObjectCommandInput> = {}) =>
    client.send(new PutObjectCommand({ Bucket, Key: "key", Body: "text", ...more }));
  const read = async (client: S3Client, Bucket: string, Key = "key") =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
  const aclOf = async (client: S3Client, Bucket: string, VersionId?: string) => {
    const { Owner, Grants } = await client.send(new GetObjectAclCommand({ Bucket, Key: "key", VersionId }));
    return { Owner: Owner?.ID, Grants };
  };
  const toId = (ID: string, Permission: Grant["Permission"]): Grant => ({
    Grantee: { ID, Type: "CanonicalUser" },
    Permission,
  });
  const toGroup = (name: string, Permission: Grant["Permission"]): Grant => ({
    Grantee: { URI: groups + name, Type: "Group" },
    Permission,
  });

  it("are refused where ACLs are disabled, but for those that grant nothing", async () => {
    const Bucket = await newBucket(aws);
    for (const ACL of ["private", "bucket-owner-full-control", "bucket-owner-read"] as const) {
      await put(aws.s3, Bucket, { ACL });
    }
    await put(aws.s3, Bucket, { GrantFullControl: `id="${ownerId}"` });
    const expected = { code: "AccessControlListNotSupported", status: 400, message: "The bucket does not allow ACLs" };
    expect(await refusal(put(aws.s3, Bucket, { ACL: "public-read" }))).to.deep.include(expected);
    expect(await refusal(put(aws.s3, Bucket, { GrantRead: `id="${otherId}"` }))).to.deep.include(expected);
    const copy = new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/key`, ACL: "public-read" });
    expect(await refusal(aws.s3.send(copy))).to.deep.include(expected);
  });

  it("let in whom a canned ACL names, and give back what it grants", async () => {
    const Bucket = await aclBucket();
    const granted: Record<string, Grant[]> = {
      private: [],
      "public-read": [toGroup("AllUsers", "READ")],
      "public-read-write": [toGroup("AllUsers", "READ"), toGroup("AllUsers", "WRITE")],
      "authenticated-read": [toGroup("AuthenticatedUsers", "READ")],
      "bucket-owner-read": [],
    };
    for (const [ACL, grants] of Object.entries(granted)) {
      await put(aws.s3, Bucket, { ACL: ACL as ObjectCannedACL });
      const expected = { Owner: ownerId, Grants: [toId(ownerId, "FULL_CONTROL"), ...grants] };
      expect(await aclOf(aws.s3, Bucket)).to.deep.equal(expected);
    }
    await put(aws.s3, Bucket, { ACL: "authenticated-read" });
    expect(await read(other, Bucket)).to.equal("text");
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
    await put(aws.s3, Bucket, { ACL: "public-read" });
    expect(await read(anonymous, Bucket)).to.equal("text");
    const renamed = new GetObjectCommand({ Bucket, Key: "key", ResponseContentType: "text/html" });
    expect(await refusalCode(anonymous.send(renamed))).to.equal("InvalidRequest 400");
    await put(aws.s3, Bucket);
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
    expect(await refusalCode(put(aws.s3, Bucket, { ACL: "shared" as ObjectCannedACL }))).to.equal(
      "InvalidArgument 400",
    );
  });

  it("are changed by PutObjectAcl, of each version apart", async () => {
    const Bucket = await aclBucket();
    const Status = "Enabled";
    await aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    const { VersionId } = await put(aws.s3, Bucket);
    await put(aws.s3, Bucket);
    const Grants = [toId(otherId, "READ_ACP"), toId(ownerId, "FULL_CONTROL")];
    const AccessControlPolicy = { Owner: { ID: ownerId }, Grants };
    await aws.s3.send(new PutObjectAclCommand({ Bucket, Key: "key", VersionId, AccessControlPolicy }));
    expect(await aclOf(other, Bucket, VersionId)).to.deep.equal({ Owner: ownerId, Grants });
    expect(await refusalCode(aclOf(other, Bucket))).to.equal("AccessDenied 403");
    expect((await aclOf(aws.s3, Bucket)).Grants).to.deep.equal([toId(ownerId, "FULL_CONTROL")]);
    const acl = (more: object) => aws.s3.send(new PutObjectAclCommand({ Bucket, Key: "key", ...more }));
    await acl({ GrantRead: `uri="${groups}AllUsers"`, GrantWriteACP: `id="${otherId}"` });
    expect(await read(anonymous, Bucket)).to.equal("text");
    await other.send(new PutObjectAclCommand({ Bucket, Key: "key", ACL: "private" }));
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
    expect(await refusalCode(acl({}))).to.equal("MissingSecurityHeader 400");
    expect(await refusalCode(acl({ AccessControlPolicy: { Owner: { ID: otherId }, Grants } }))).to.equal(
      "AccessDenied 403",
    );
  });

  it("belong to who wrote the object, whom alone they let in", async () => {
    const Bucket = await sharedBucket();
    await put(other, Bucket);
    const foreign = [toId(otherId, "FULL_CONTROL")];
    expect(await aclOf(other, Bucket)).to.deep.equal({ Owner: otherId, Grants: foreign });
    expect(await read(other, Bucket)).to.equal("text");
    expect(await refusalCode(read(aws.s3, Bucket))).to.equal("AccessDenied 403");
    const head = await refusal(aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key" })));
    expect(head.status).to.equal(403);
    const { Contents } = await aws.s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }));
    expect(Contents?.map(({ Owner }) => Owner?.ID)).to.deep.equal([otherId]);
    await put(other, Bucket, { ACL: "bucket-owner-full-control" });
    expect(await read(aws.s3, Bucket)).to.equal("text");
    expect(await aclOf(aws.s3, Bucket)).to.deep.equal({
      Owner: otherId,
      Grants: [...foreign, toId(ownerId, "FULL_CONTROL")],
    });
    await put(anonymous, Bucket);
    expect(await refusalCode(read(aws.s3, Bucket))).to.equal("AccessDenied 403");
  });

  it("are the bucket owner's under BucketOwnerPreferred where it gets full control, and under BucketOwnerEnforced", async () => {
    const Bucket = await sharedBucket("BucketOwnerPreferred");
    await put(other, Bucket, { ACL: "bucket-owner-full-control" });
    expect((await aclOf(aws.s3, Bucket)).Owner).to.equal(ownerId);
    await put(other, Bucket);
    expect((await aclOf(other, Bucket)).Owner).to.equal(otherId);
    await aws.s3.send(new PutBucketAclCommand({ Bucket, ACL: "private" }));
    const Rules = [{ ObjectOwnership: "BucketOwnerEnforced" as const }];
    await aws.s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
    const expected = { Owner: ownerId, Grants: [toId(ownerId, "FULL_CONTROL")] };
    expect(await aclOf(aws.s3, Bucket)).to.deep.equal(expected);
    expect(await read(aws.s3, Bucket)).to.equal("text");
  });

  it("outrank a bucket policy for an object of another account", async () => {
    const Bucket = await sharedBucket();
    await put(other, Bucket);
    await put(aws.s3, Bucket, { Key: "own" });
    const Resource = `arn:aws:s3:::${Bucket}/*`;
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    expect(await read(anonymous, Bucket, "own")).to.equal("text");
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
  });

  it("tell who may list the bucket, and nobody else, what is not in it", async () => {
    const Bucket = await aclBucket();
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
    await aws.s3.send(new PutBucketAclCommand({ Bucket, ACL: "public-read" }));
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("NoSuchKey 404");
  });

  it("grant the public nothing under BlockPublicAcls and IgnorePublicAcls", async () => {
    const Bucket = await aclBucket();
    await put(aws.s3, Bucket, { ACL: "public-read" });
    const block = (PublicAccessBlockConfiguration: object) =>
      aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    await block({ BlockPublicAcls: true });
    expect(await read(anonymous, Bucket)).to.equal("text");
    expect(await refusalCode(put(aws.s3, Bucket, { ACL: "public-read" }))).to.equal("AccessDenied 403");
    await block({ IgnorePublicAcls: true });
    expect(await refusalCode(read(anonymous, Bucket))).to.equal("AccessDenied 403");
  });

  it("come with a multipart upload and with a copy", async () => {
    const Bucket = await sharedBucket();
    const upload = { Bucket, Key: "key" };
    const { UploadId } = await other.send(new CreateMultipartUploadCommand({ ...upload, ACL: "public-read" }));
    const { ETag } = await other.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: "text" }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await other.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload }));
    const Grants = [toId(otherId, "FULL_CONTROL"), toGroup("AllUsers", "READ")];
    expect(await aclOf(other, Bucket)).to.deep.equal({ Owner: otherId, Grants });
    const CopySource = `${Bucket}/key`;
    await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "key", CopySource, StorageClass: "STANDARD_IA" }));
    expect(await aclOf(aws.s3, Bucket)).to.deep.equal({ Owner: ownerId, Grants: [toId(ownerId, "FULL_CONTROL")] });
  });

  it("of a bucket come with CreateBucket, where ACLs are enabled and the public gets nothing", async () => {
    const create = (more: object) => aws.s3.send(new CreateBucketCommand({ Bucket: uniqueName(), ...more }));
    const ObjectOwnership = "ObjectWriter";
    expect(await refusalCode(create({ ACL: "log-delivery-write" }))).to.equal(
      "InvalidBucketAclWithObjectOwnership 400",
    );
    expect(await refusalCode(create({ ACL: "public-read", ObjectOwnership }))).to.equal(
      "InvalidBucketAclWithBlockPublicAccessError 400",
    );
    const Bucket = uniqueName();
    await create({ Bucket, ObjectOwnership, GrantRead: `id="${otherId}"` });
    const { Grants } = await aws.s3.send(new GetBucketAclCommand({ Bucket }));
    expect(Grants).to.deep.equal([toId(otherId, "READ")]);
  });
});
