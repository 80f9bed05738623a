import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectTaggingCommand,
  GetBucketTaggingCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketTaggingCommand,
  PutObjectTaggingCommand,
  type Tag,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 tags", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const tags = (count: number) => Array.from({ length: count }, (_, at) => ({ Key: `k${at}`, Value: `v${at}` }));
  const refusedTags: [what: string, code: string, tags: Tag[]][] = [
    ["a key twice", "InvalidTag 400", [...tags(1), ...tags(1)]],
    ["a key of 129 characters", "InvalidTag 400", [{ Key: "k".repeat(129), Value: "" }]],
    ["a value of 257 characters", "InvalidTag 400", [{ Key: "k", Value: "v".repeat(257) }]],
    ["an empty key", "InvalidTag 400", [{ Key: "", Value: "" }]],
    ["a reserved key", "InvalidTag 400", [{ Key: "aws:k", Value: "" }]],
    ["a character that is not taken", "InvalidTag 400", [{ Key: "k*", Value: "" }]],
  ];

  describe("s3 PutBucketTagging", () => {
    const store = (Bucket: string, TagSet: Tag[]) =>
      aws.s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    const read = (Bucket: string) => aws.s3.send(new GetBucketTaggingCommand({ Bucket }));

    it("replaces all tags, which read back as they were", async () => {
      const Bucket = await newBucket(aws);
      expect(await refusal(read(Bucket))).to.deep.include({
        code: "NoSuchTagSet",
        status: 404,
        message: "The TagSet does not exist",
      });
      expect((await store(Bucket, tags(3))).$metadata.httpStatusCode).to.equal(204);
      await store(Bucket, [{ Key: "Größe", Value: "a b+c/d@e" }]);
      expect((await read(Bucket)).TagSet).to.deep.equal([{ Key: "Größe", Value: "a b+c/d@e" }]);
      const { $metadata } = await aws.s3.send(new DeleteBucketTaggingCommand({ Bucket }));
      expect($metadata.httpStatusCode).to.equal(204);
      expect(await refusalCode(read(Bucket))).to.equal("NoSuchTagSet 404");
    });

    it("takes fifty, and rejects more with BadRequest", async () => {
      const Bucket = await newBucket(aws);
      await store(Bucket, tags(50));
      expect(await refusalCode(store(Bucket, tags(51)))).to.equal("BadRequest 400");
      expect((await read(Bucket)).TagSet).to.have.lengthOf(50);
    });

    for (const [what, code, refused] of refusedTags) {
      it(`rejects ${what} with ${code}`, async () => {
        expect(await refusalCode(store(await newBucket(aws), refused))).to.equal(code);
      });
    }

    it("tags a bucket that is made with tags", async () => {
      const Bucket = uniqueName();
      await aws.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { Tags: tags(2) } }));
      expect((await read(Bucket)).TagSet).to.deep.equal(tags(2));
    });
  });

  describe("s3 PutObjectTagging", () => {
    let Bucket: string;
    before(async () => {
      Bucket = await newBucket(aws);
    });
    const store = (Key: string, TagSet: Tag[]) =>
      aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
    const read = async (Key: string) => (await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).TagSet;

    it("replaces all tags and leaves the object as it was", async () => {
      await put(aws, Bucket, "tagged", { Tagging: "a=1&b=x%20y+z", Metadata: { m: "1" } });
      expect(await read("tagged")).to.deep.equal([
        { Key: "a", Value: "1" },
        { Key: "b", Value: "x y z" },
      ]);
      const before = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "tagged" }));
      await store("tagged", tags(3));
      const after = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "tagged" }));
      expect([before.TagCount, after.TagCount]).to.deep.equal([2, 3]);
      expect([after.ETag, after.LastModified, after.Metadata]).to.deep.equal([
        before.ETag,
        before.LastModified,
        before.Metadata,
      ]);
      await aws.s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: "tagged" }));
      expect(await read("tagged")).to.deep.equal([]);
    });

    it("takes ten, and rejects more with BadRequest", async () => {
      await put(aws, Bucket, "ten");
      await store("ten", tags(10));
      expect(await refusalCode(store("ten", tags(11)))).to.equal("BadRequest 400");
    });

    for (const [what, code, refused] of refusedTags) {
      it(`rejects ${what} with ${code}`, async () => {
        await put(aws, Bucket, "refusing");
        expect(await refusalCode(store("refusing", refused))).to.equal(code);
      });
    }

    it("rejects an x-amz-tagging header that names a tag twice with InvalidArgument", async () => {
      expect(await refusalCode(put(aws, Bucket, "twice", { Tagging: "a=1&a=2" }))).to.equal("InvalidArgument 400");
      expect(await refusalCode(put(aws, Bucket, "twice", { Tagging: "a=%" }))).to.equal("InvalidArgument 400");
    });

    it("rejects a key that is not there with NoSuchKey", async () => {
      expect(await refusalCode(store("nowhere", tags(1)))).to.equal("NoSuchKey 404");
      expect(await refusalCode(read("nowhere"))).to.equal("NoSuchKey 404");
    });

    it("copies tags unless told to replace them", async () => {
      await put(aws, Bucket, "source", { Tagging: "a=1" });
      const copy = (Key: string, more = {}) =>
        aws.s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/source`, ...more }));
      await copy("same");
      expect(await read("same")).to.deep.equal([{ Key: "a", Value: "1" }]);
      await copy("other", { TaggingDirective: "REPLACE", Tagging: "b=2" });
      expect(await read("other")).to.deep.equal([{ Key: "b", Value: "2" }]);
    });
  });
});
