import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandInput,
  type ListObjectVersionsCommandOutput,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import fc from "fast-check";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeVersion, expectedVersions, type Step, VersionsModel } from "./object-versions-model.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName } from "./s3-support.ts";

describe("s3 ListObjectVersions", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const setVersioning = (Bucket: string, Status: "Enabled" | "Suspended") =>
    aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const list = (input: ListObjectVersionsCommandInput) => aws.s3.send(new ListObjectVersionsCommand(input));
  const versionedBucket = async (keys: readonly string[] = []) => {
    const Bucket = await newBucket(aws);
    await setVersioning(Bucket, "Enabled");
    for (const key of keys) await put(aws, Bucket, key);
    return Bucket;
  };
  const entries = ({ Versions = [], DeleteMarkers = [], CommonPrefixes = [] }: ListObjectVersionsCommandOutput) => [
    ...[
      ...Versions.map((each) => ({ ...each, isDeleteMarker: false })),
      ...DeleteMarkers.map((each) => ({ ...each, isDeleteMarker: true })),
    ].map(({ Key = "", VersionId = "", IsLatest = false, isDeleteMarker }) =>
      describeVersion({ key: Key, id: VersionId, isDeleteMarker, isLatest: IsLatest }),
    ),
    ...CommonPrefixes.map(({ Prefix }) => `${Prefix} …`),
  ];
  const allPages = async (input: ListObjectVersionsCommandInput) => {
    const pages = [];
    let markers: Partial<ListObjectVersionsCommandInput> = {};
    for (let more = true; more; ) {
      const page = await list({ ...input, ...markers });
      pages.push(page);
      more = page.IsTruncated ?? false;
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    return pages;
  };

  /** Does the same to the bucket and to the model. */
  const perform = async (Bucket: string, model: VersionsModel, step: Step) => {
    if (step.kind === "enable" || step.kind === "suspend") {
      const status = step.kind === "enable" ? "Enabled" : "Suspended";
      await setVersioning(Bucket, status);
      model.setVersioning(status);
    } else if (step.kind === "put") {
      model.put(step.key, (await put(aws, Bucket, step.key)).VersionId ?? "null");
    } else if (step.kind === "delete") {
      const { VersionId } = await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: step.key }));
      model.delete(step.key, VersionId ?? "null");
    } else {
      const removed = model.remove(step.at);
      if (removed === undefined) return;
      await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: removed.key, VersionId: removed.id }));
    }
  };

  const key = fc.constantFrom("a", "a/b", "a/c", "b/", "é-", "🎉", "\uffee");
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("put" as const), key }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: fc.nat(50) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("enable" as const, "suspend" as const) }) },
  );

  it("shows each version once, in order and under its page size, whatever was done before", async () => {
    const history = fc.record({
      steps: fc.array(step, { minLength: 5, maxLength: 40 }),
      prefix: fc.constantFrom("", "", "a", "a/", "é"),
      delimiter: fc.constantFrom("", "", "/", "-"),
      size: fc.integer({ min: 1, max: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ steps, prefix, delimiter, size }) => {
        const Bucket = await newBucket(aws);
        const model = new VersionsModel();
        for (const each of steps) await perform(Bucket, model, each);
        const pages = await allPages({ Bucket, Prefix: prefix, Delimiter: delimiter, MaxKeys: size });
        for (const page of pages) expect(entries(page).length).to.be.at.most(size);
        for (const page of pages.slice(0, -1)) expect(entries(page)).to.have.lengthOf(size);
        const found = pages.flatMap(entries);
        expect([...found].sort()).to.deep.equal(expectedVersions(model, { prefix, delimiter }));
        if (delimiter === "") {
          const expected = model.entries().filter((each) => each.key.startsWith(prefix));
          const versions = expected.filter(({ isDeleteMarker }) => !isDeleteMarker).map(({ id }) => id);
          const markers = expected.filter(({ isDeleteMarker }) => isDeleteMarker).map(({ id }) => id);
          expect(pages.flatMap((page) => page.Versions?.map(({ VersionId }) => VersionId) ?? [])).to.deep.equal(
            versions,
          );
          expect(pages.flatMap((page) => page.DeleteMarkers?.map(({ VersionId }) => VersionId) ?? [])).to.deep.equal(
            markers,
          );
        }
        const objects = await aws.s3.send(new ListObjectsV2Command({ Bucket }));
        expect(objects.Contents?.map(({ Key }) => Key) ?? []).to.deep.equal(model.objects());
      }),
      { numRuns: 40 },
    );
  }).timeout(60_000);

  it("says of versions and delete markers what AWS does", async () => {
    const Bucket = await versionedBucket(["key"]);
    await aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key" }));
    const page = await list({ Bucket });
    const [{ LastModified: _, VersionId: id, Owner, ...version } = {}] = page.Versions ?? [];
    expect(version).to.deep.equal({
      Key: "key",
      IsLatest: false,
      ETag: '"3c6e0b8a9c15224a8228b9a98ca1531d"',
      Size: 3,
      StorageClass: "STANDARD",
      ChecksumAlgorithm: ["CRC32"],
      ChecksumType: "FULL_OBJECT",
    });
    expect(id).to.match(/^[\w.]{32}$/);
    expect(Owner?.ID).to.match(/^[0-9a-f]{64}$/);
    const [{ LastModified, VersionId, ...marker } = {}] = page.DeleteMarkers ?? [];
    expect(marker).to.deep.equal({ Key: "key", IsLatest: true, Owner });
    expect(LastModified).to.be.instanceOf(Date);
    expect([page.Name, page.MaxKeys, page.IsTruncated, page.Prefix, page.KeyMarker]).to.deep.equal([
      Bucket,
      1000,
      false,
      "",
      "",
    ]);
    expect([page.NextKeyMarker, page.NextVersionIdMarker]).to.deep.equal([undefined, undefined]);
    const answer = await rawRequest(aws, { method: "GET", path: `/${Bucket}?versions` });
    expect(answer.text).to.include('<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">');
  });

  it("lists the objects of a bucket without versioning as null versions", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "key");
    const { Versions } = await list({ Bucket });
    expect(Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest])).to.deep.equal([["null", true]]);
  });

  it("goes on after a marker, after the whole key where no version is named", async () => {
    const Bucket = await versionedBucket(["a", "a", "a", "b"]);
    const all = (await list({ Bucket })).Versions?.map(({ VersionId }) => VersionId) ?? [];
    const following = async (KeyMarker: string, VersionIdMarker?: string) =>
      (await list({ Bucket, KeyMarker, VersionIdMarker })).Versions?.map(({ VersionId }) => VersionId);
    expect(await following("a")).to.deep.equal(all.slice(3));
    expect(await following("a", all[0])).to.deep.equal(all.slice(1));
    expect(await following("a", all[2])).to.deep.equal(all.slice(3));
    expect(await following("0")).to.deep.equal(all);
  });

  it("misses nothing when each page is deleted before the next is asked for", async () => {
    const Bucket = await newBucket(aws);
    await put(aws, Bucket, "many");
    await setVersioning(Bucket, "Enabled");
    for (let at = 0; at < 9; at++) await put(aws, Bucket, "many");
    let markers: Partial<ListObjectVersionsCommandInput> = {};
    for (let more = true; more; ) {
      const page = await list({ Bucket, MaxKeys: 3, ...markers });
      const Objects = (page.Versions ?? []).map(({ Key, VersionId }) => ({ Key, VersionId }));
      await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      more = page.IsTruncated ?? false;
      markers = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect((await list({ Bucket })).Versions).to.equal(undefined);
  });

  it("encodes keys and markers when asked to", async () => {
    const Bucket = await versionedBucket(["a b/c", "ü", "ü"]);
    const page = await list({ Bucket, EncodingType: "url", Delimiter: "/", MaxKeys: 2, KeyMarker: "A ä" });
    expect(page.CommonPrefixes).to.deep.equal([{ Prefix: "a+b/" }]);
    expect([page.KeyMarker, page.NextKeyMarker, page.Versions?.[0]?.Key]).to.deep.equal([
      "A+%C3%A4",
      "%C3%BC",
      "%C3%BC",
    ]);
    expect(page.NextVersionIdMarker).to.equal(page.Versions?.[0]?.VersionId);
  });

  it("gives nothing of a page of 0 keys", async () => {
    const Bucket = await versionedBucket(["a"]);
    const { Versions, IsTruncated, MaxKeys } = await list({ Bucket, MaxKeys: 0 });
    expect([Versions, IsTruncated, MaxKeys]).to.deep.equal([undefined, false, 0]);
  });

  it("rejects a version marker without a key, an empty one and what is no version id with InvalidArgument", async () => {
    const Bucket = await newBucket(aws);
    const messages: [input: Partial<ListObjectVersionsCommandInput>, message: string][] = [
      [{ VersionIdMarker: "null" }, "A version-id marker cannot be specified without a key marker."],
      [{ KeyMarker: "a", VersionIdMarker: "" }, "A version-id marker cannot be empty."],
      [{ KeyMarker: "a", VersionIdMarker: "nonsense" }, "Invalid version id specified"],
    ];
    for (const [input, message] of messages) {
      expect(await refusal(list({ Bucket, ...input }))).to.deep.include({
        code: "InvalidArgument",
        status: 400,
        message,
      });
    }
    expect((await list({ Bucket, KeyMarker: "a", VersionIdMarker: "null" })).IsTruncated).to.equal(false);
    expect(await refusalCode(list({ Bucket: uniqueName() }))).to.equal("NoSuchBucket 404");
  });
});
