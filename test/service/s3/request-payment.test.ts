import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketRequestPaymentCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, presignedUrl, put, refusal, refusalCode } from "./s3-support.ts";

describe("s3 request payment", () => {
  let aws: TestServer;
  let other: S3Client;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws({ credentials: "test:test,other:secret:222222222222" });
    const credentials = { accessKeyId: "other", secretAccessKey: "secret" };
    other = new S3Client({ ...aws.clientConfig, credentials, forcePathStyle: true });
    Bucket = await newBucket(aws);
    const PublicAccessBlockConfiguration = { BlockPublicPolicy: false, RestrictPublicBuckets: false };
    await aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
    const Statement = [{ Effect: "Allow", Principal: "*", Action: "s3:*", Resource }];
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
    await aws.s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
    await put(aws, Bucket, "a");
    await pays("Requester");
  });
  after(async () => {
    other.destroy();
    await aws.stop();
  });

  const pays = (Payer: "Requester" | "BucketOwner") =>
    aws.s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer } }));
  /** A URL by which the other account reads the object. */
  const presigned = (query: string) =>
    presignedUrl(aws, `/${Bucket}/a?${query}`, { credentials: { accessKeyId: "other", secretAccessKey: "secret" } });

  const RequestPayer = "requester" as const;

  it("refuses other accounts that do not say that they pay", async () => {
    const object = { Bucket, Key: "a" };
    const refused = await refusal(other.send(new GetObjectCommand(object)));
    expect(refused).to.deep.include({ code: "AccessDenied", status: 403, message: "Access Denied" });
    expect((await refusal(other.send(new HeadObjectCommand(object)))).status).to.equal(403);
    const requests = [
      other.send(new PutObjectCommand({ ...object, Body: "b" })),
      other.send(new ListObjectsV2Command({ Bucket })),
      other.send(new DeleteObjectCommand(object)),
      other.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "a" }] } })),
    ];
    for (const request of requests) expect(await refusalCode(request)).to.equal("AccessDenied 403");
    const kept = await aws.s3.send(new GetObjectCommand(object));
    expect(await kept.Body?.transformToString()).to.equal("a");
  });

  it("says that it charged them", async () => {
    const object = { Bucket, Key: "theirs", RequestPayer };
    const answers = [
      await other.send(new PutObjectCommand({ ...object, Body: "b" })),
      await other.send(new HeadObjectCommand(object)),
      await other.send(new ListObjectsV2Command({ Bucket, RequestPayer })),
      await other.send(new DeleteObjectsCommand({ Bucket, RequestPayer, Delete: { Objects: [{ Key: "theirs" }] } })),
      await other.send(new DeleteObjectCommand(object)),
    ];
    for (const { RequestCharged } of answers) expect(RequestCharged).to.equal("requester");
    const read = await other.send(new GetObjectCommand({ Bucket, Key: "a", RequestPayer }));
    expect([read.RequestCharged, await read.Body?.transformToString()]).to.deep.equal(["requester", "a"]);
  });

  it("says so in every answer, be it an error or one that has no member for it", async () => {
    const said = async (query: string, path = `/${Bucket}/a`) => {
      const url = presignedUrl(aws, `${path}?X-Amz-Expires=60&${query}`, {
        credentials: { accessKeyId: "other", secretAccessKey: "secret" },
      });
      const { status, headers } = await fetch(url);
      return [status, headers.get("x-amz-request-charged")];
    };
    const payer = "x-amz-request-payer=requester";
    expect(await said(`${payer}&tagging=`)).to.deep.equal([200, "requester"]);
    expect(await said(`location=&${payer}`, `/${Bucket}`)).to.deep.equal([200, "requester"]);
    expect(await said(payer, `/${Bucket}/missing`)).to.deep.equal([404, "requester"]);
    expect(await said("", `/${Bucket}/missing`)).to.deep.equal([403, null]);
  });

  it("is about the source of a copy too", async () => {
    const own = await newBucket({ ...aws, s3: other });
    const copy = { Bucket: own, Key: "copy", CopySource: `${Bucket}/a` };
    expect(await refusalCode(other.send(new CopyObjectCommand(copy)))).to.equal("AccessDenied 403");
    expect((await other.send(new CopyObjectCommand({ ...copy, RequestPayer }))).RequestCharged).to.equal("requester");
  });

  it("takes the word of a presigned URL, and nobody's who signs nothing", async () => {
    const answer = await fetch(presigned("X-Amz-Expires=60&x-amz-request-payer=requester"));
    expect([answer.status, answer.headers.get("x-amz-request-charged")]).to.deep.equal([200, "requester"]);
    expect((await fetch(presigned("X-Amz-Expires=60"))).status).to.equal(403);
    const anonymous = await fetch(`${aws.endpoint}/${Bucket}/a`, { headers: { "x-amz-request-payer": "requester" } });
    expect(anonymous.status).to.equal(403);
  });

  it("charges the owner nothing, and nobody once the owner pays", async () => {
    const get = new GetObjectCommand({ Bucket, Key: "a", RequestPayer });
    expect((await aws.s3.send(get)).RequestCharged).to.equal(undefined);
    await pays("BucketOwner");
    expect((await other.send(get)).RequestCharged).to.equal(undefined);
    expect((await fetch(`${aws.endpoint}/${Bucket}/a`)).status).to.equal(200);
    await pays("Requester");
  });
});
