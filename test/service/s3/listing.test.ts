import { createHash } from "node:crypto";
import {
  type _Object,
  type CommonPrefix,
  ListObjectsCommand,
  type ListObjectsCommandInput,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  paginateListObjectsV2,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { compareKeys, expectedListing } from "./listing-model.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName, xmlElement } from "./s3-support.ts";

describe("s3 listings", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const bucketWith = async (keys: readonly string[]) => {
    const Bucket = await newBucket(aws);
    await Promise.all(keys.map((key) => put(aws, Bucket, key)));
    return Bucket;
  };
  const v1 = (input: ListObjectsCommandInput) => aws.s3.send(new ListObjectsCommand(input));
  const v2 = (input: ListObjectsV2CommandInput) => aws.s3.send(new ListObjectsV2Command(input));
  const entries = (page: { Contents?: _Object[] | undefined; CommonPrefixes?: CommonPrefix[] | undefined }) =>
    [
      ...(page.Contents ?? []).map(({ Key = "" }) => Key),
      ...(page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix),
    ].sort(compareKeys);

  describe("s3 ListObjectsV2", () => {
    // Few characters, so that prefixes and delimiters are shared; one beyond the basic plane, whose order UTF-16 has wrong.
    const character = fc.constantFrom("a", "b", "/", "-", "é", "\uffee", "🎉");
    const key = fc.string({ unit: character, minLength: 1, maxLength: 8 });
    const query = fc.record({
      prefix: fc.string({ unit: character, maxLength: 2 }),
      delimiter: fc.constantFrom("", "/", "-", "a", "/a", "🎉"),
      after: fc.string({ unit: character, maxLength: 4 }),
      size: fc.integer({ min: 1, max: 7 }),
    });

    it("gives every entry once and in order, whatever the prefix, delimiter, start and page size", async () => {
      const keys = [...new Set(fc.sample(key, 150))].filter((each) => each !== "." && each !== "..");
      const Bucket = await bucketWith(keys);
      await fc.assert(
        fc.asyncProperty(query, async ({ prefix, delimiter, after, size }) => {
          const expected = expectedListing(keys, { prefix, delimiter, after });
          const input = { Bucket, Prefix: prefix, Delimiter: delimiter, StartAfter: after, MaxKeys: size };
          const found: string[] = [];
          for await (const page of paginateListObjectsV2({ client: aws.s3 }, input)) {
            expect(page.KeyCount).to.equal(entries(page).length);
            expect(entries(page).length).to.be.at.most(size);
            expect(page.IsTruncated).to.equal(page.NextContinuationToken !== undefined);
            found.push(...entries(page));
          }
          expect(found).to.deep.equal(expected);
        }),
        { numRuns: 60 },
      );
    });

    it("says what it lists", async () => {
      const Bucket = await bucketWith(["photos/a", "photos/b/c", "text"]);
      const {
        Contents,
        $metadata: _,
        ...page
      } = await v2({ Bucket, Prefix: "photos/", Delimiter: "/", StartAfter: "p" });
      expect(page).to.deep.equal({
        Name: Bucket,
        Prefix: "photos/",
        Delimiter: "/",
        StartAfter: "p",
        MaxKeys: 1000,
        KeyCount: 2,
        IsTruncated: false,
        CommonPrefixes: [{ Prefix: "photos/b/" }],
      });
      const [{ LastModified, ...object } = {}] = Contents ?? [];
      expect(LastModified).to.be.instanceOf(Date);
      expect(object).to.deep.equal({
        Key: "photos/a",
        ETag: `"${createHash("md5").update("photos/a").digest("hex")}"`,
        Size: 8,
        StorageClass: "STANDARD",
        ChecksumAlgorithm: ["CRC32"],
        ChecksumType: "FULL_OBJECT",
      });
    });

    it("tells a token and StartAfter, and goes by the token", async () => {
      const Bucket = await bucketWith(["a", "b", "c"]);
      const { NextContinuationToken } = await v2({ Bucket, MaxKeys: 1 });
      const page = await v2({ Bucket, StartAfter: "b", ContinuationToken: NextContinuationToken });
      expect(page).to.include({ StartAfter: "b", ContinuationToken: NextContinuationToken });
      expect(page.Contents?.map(({ Key }) => Key)).to.deep.equal(["b", "c"]);
    });

    it("names the owner only when asked to", async () => {
      const Bucket = await bucketWith(["a"]);
      expect((await v2({ Bucket })).Contents?.[0]?.Owner).to.equal(undefined);
      const { Contents } = await v2({ Bucket, FetchOwner: true });
      expect(Contents?.[0]?.Owner?.ID).to.match(/^[0-9a-f]{64}$/);
    });

    it("gives nothing of a page of 0 keys, and a thousand of one that asks for more", async () => {
      const Bucket = await bucketWith(["a"]);
      const { Contents, KeyCount, IsTruncated, MaxKeys } = await v2({ Bucket, MaxKeys: 0 });
      expect([Contents, KeyCount, IsTruncated, MaxKeys]).to.deep.equal([undefined, 0, false, 0]);
      expect((await v2({ Bucket, MaxKeys: 5000 })).MaxKeys).to.equal(1000);
    });

    it("encodes keys when asked to, so that XML can carry them", async () => {
      const keys = ["a b/c+d", "ctrl\u0001", "ü~*'"];
      const Bucket = await bucketWith(keys);
      const page = await v2({ Bucket, EncodingType: "url", Delimiter: "/", Prefix: "" });
      expect(page.CommonPrefixes).to.deep.equal([{ Prefix: "a+b/" }]);
      expect(page.Contents?.map(({ Key }) => Key)).to.deep.equal(["ctrl%01", "%C3%BC%7E*%27"]);
      expect(page.EncodingType).to.equal("url");
    });

    it("rejects a token that it never gave, a page size below 0, and unknown encodings and attributes with InvalidArgument", async () => {
      const Bucket = await newBucket(aws);
      expect(await refusal(v2({ Bucket, ContinuationToken: "nonsense!" }))).to.deep.include({
        code: "InvalidArgument",
        status: 400,
        message: "The continuation token provided is incorrect",
      });
      expect(await refusalCode(v2({ Bucket, MaxKeys: -1 }))).to.equal("InvalidArgument 400");
      expect(await refusalCode(v2({ Bucket, EncodingType: "base64" as never }))).to.equal("InvalidArgument 400");
      const attributes = ["Nothing" as "RestoreStatus"];
      const asked = v2({ Bucket, OptionalObjectAttributes: attributes });
      expect(await refusalCode(asked)).to.equal("InvalidArgument 400");
    });

    it("rejects a bucket that is not there with NoSuchBucket", async () => {
      expect(await refusalCode(v2({ Bucket: uniqueName() }))).to.equal("NoSuchBucket 404");
    });
  });

  describe("s3 ListObjects", () => {
    it("goes on after the last key or common prefix of a page", async () => {
      const keys = ["asdf", "boo/bar", "boo/baz/xyzzy", "cquux/thud", "cquux/bla", "last"];
      const Bucket = await bucketWith(keys);
      const found: string[] = [];
      let Marker = "";
      for (let more = true; more; ) {
        const page = await v1({ Bucket, Delimiter: "/", MaxKeys: 1, Marker });
        found.push(...entries(page));
        more = page.IsTruncated ?? false;
        expect(page.NextMarker).to.equal(more ? entries(page)[0] : undefined);
        Marker = page.NextMarker ?? "";
      }
      expect(found).to.deep.equal(["asdf", "boo/", "cquux/", "last"]);
    });

    it("gives no next marker without a delimiter, and always an owner", async () => {
      const Bucket = await bucketWith(["a", "b"]);
      const page = await v1({ Bucket, MaxKeys: 1 });
      expect([page.IsTruncated, page.NextMarker, page.Marker]).to.deep.equal([true, undefined, ""]);
      expect(page.Contents?.[0]?.Owner?.ID).to.match(/^[0-9a-f]{64}$/);
      expect(entries(await v1({ Bucket, MaxKeys: 1, Marker: "a" }))).to.deep.equal(["b"]);
    });

    it("starts within a common prefix where the marker lies in it", async () => {
      const Bucket = await bucketWith(["a/1", "a/2", "b"]);
      expect(entries(await v1({ Bucket, Delimiter: "/", Marker: "a/1" }))).to.deep.equal(["a/", "b"]);
      expect(entries(await v1({ Bucket, Delimiter: "/", Marker: "a/" }))).to.deep.equal(["b"]);
      expect(entries(await v1({ Bucket, Delimiter: "/", Marker: "a/2" }))).to.deep.equal(["b"]);
    });

    it("answers a client that has no SDK", async () => {
      const Bucket = await bucketWith(["a&b"]);
      const answer = await rawRequest(aws, { method: "GET", path: `/${Bucket}` });
      expect([answer.status, answer.headers["content-type"]]).to.deep.equal([200, "application/xml"]);
      expect(xmlElement(answer.text, "Key")).to.equal("a&amp;b");
      expect(answer.text).to.include('<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
    });
  });
});
