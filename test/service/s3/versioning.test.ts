import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  type DeleteObjectCommandInput,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, xmlElement } from "./s3-support.ts";

describe("s3 versioning", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const setVersioning = (Bucket: string, Status: "Enabled" | "Suspended") =>
    aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const versionedBucket = async () => {
    const Bucket = await newBucket(aws, "versioned");
    await setVersioning(Bucket, "Enabled");
    return Bucket;
  };
  const get = (Bucket: string, Key: string, VersionId?: string) =>
    aws.s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  const read = async (Bucket: string, Key: string, VersionId?: string) =>
    (await get(Bucket, Key, VersionId)).Body?.transformToString();
  const remove = (Bucket: string, Key: string, more: Partial<DeleteObjectCommandInput> = {}) =>
    aws.s3.send(new DeleteObjectCommand({ Bucket, Key, ...more }));
  const list = (Bucket: string) => aws.s3.send(new ListObjectVersionsCommand({ Bucket }));

  describe("s3 PutBucketVersioning", () => {
    const versioning = async (Bucket: string) => {
      const { Status, MFADelete } = await aws.s3.send(new GetBucketVersioningCommand({ Bucket }));
      return { Status, MFADelete };
    };

    it("enables, suspends and enables again", async () => {
      const Bucket = await newBucket(aws);
      expect(await versioning(Bucket)).to.deep.equal({ Status: undefined, MFADelete: undefined });
      for (const Status of ["Enabled", "Enabled", "Suspended", "Suspended", "Enabled"] as const) {
        await setVersioning(Bucket, Status);
        expect(await versioning(Bucket)).to.deep.equal({ Status, MFADelete: undefined });
      }
    });

    it("suspends a bucket that never had versioning", async () => {
      const Bucket = await newBucket(aws);
      await setVersioning(Bucket, "Suspended");
      expect((await put(aws, Bucket, "key")).VersionId).to.equal(undefined);
      expect(await read(Bucket, "key", "null")).to.equal("key");
    });

    it("reads MFA delete back as it was put, and refuses to enable it without a code", async () => {
      const Bucket = await newBucket(aws);
      const store = (MFADelete: "Enabled" | "Disabled") => {
        const VersioningConfiguration = { Status: "Enabled" as const, MFADelete };
        return aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
      };
      expect(await refusal(store("Enabled"))).to.deep.include({
        code: "AccessDenied",
        status: 403,
        message: "Mfa Authentication must be used for this request",
      });
      expect(await versioning(Bucket)).to.deep.equal({ Status: undefined, MFADelete: undefined });
      await store("Disabled");
      expect(await versioning(Bucket)).to.deep.equal({ Status: "Enabled", MFADelete: "Disabled" });
    });

    it("rejects no status with IllegalVersioningConfigurationException and unknown ones with MalformedXML", async () => {
      const Bucket = await newBucket(aws);
      const status = async (xml: string) => {
        const body = `<VersioningConfiguration>${xml}</VersioningConfiguration>`;
        const answer = await rawRequest(aws, { method: "PUT", path: `/${Bucket}?versioning`, body });
        return `${xmlElement(answer.text, "Code")} ${answer.status}`;
      };
      const VersioningConfiguration = {};
      expect(
        await refusal(aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }))),
      ).to.deep.include({
        code: "IllegalVersioningConfigurationException",
        status: 400,
        message: "The Versioning element must be specified",
      });
      expect(await status("<Status></Status>")).to.equal("IllegalVersioningConfigurationException 400");
      expect(await status("<Status>Disabled</Status>")).to.equal("MalformedXML 400");
      expect(await status("<Status>enabled</Status>")).to.equal("MalformedXML 400");
      expect(await status("<Status>Enabled</Status><MfaDelete>disabled</MfaDelete>")).to.equal("MalformedXML 400");
    });
  });

  it("keeps every version of an object, each readable by its id", async () => {
    const Bucket = await versionedBucket();
    const ids = [];
    for (const Body of ["one", "two", "three"]) {
      const { VersionId } = await put(aws, Bucket, "key", { Body });
      expect(VersionId).to.match(/^[\w.]{32}$/);
      ids.push(VersionId);
    }
    expect(new Set(ids)).to.have.lengthOf(3);
    expect(await Promise.all(ids.map((id) => read(Bucket, "key", id)))).to.deep.equal(["one", "two", "three"]);
    const { VersionId, Body } = await get(Bucket, "key");
    expect([VersionId, await Body?.transformToString()]).to.deep.equal([ids[2], "three"]);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "key", VersionId: ids[0] }));
    expect([head.VersionId, head.ContentLength]).to.deep.equal([ids[0], 3]);
  });

  it("keeps what was written before as the null version", async () => {
    const Bucket = await newBucket(aws);
    expect((await put(aws, Bucket, "key", { Body: "before" })).VersionId).to.equal(undefined);
    await setVersioning(Bucket, "Enabled");
    await put(aws, Bucket, "key", { Body: "after" });
    expect(await read(Bucket, "key", "null")).to.equal("before");
    expect(await read(Bucket, "key")).to.equal("after");
  });

  it("writes over the null version alone while it is suspended", async () => {
    const Bucket = await versionedBucket();
    const { VersionId } = await put(aws, Bucket, "key", { Body: "kept" });
    await setVersioning(Bucket, "Suspended");
    expect((await put(aws, Bucket, "key", { Body: "first" })).VersionId).to.equal(undefined);
    expect((await put(aws, Bucket, "key", { Body: "second" })).VersionId).to.equal(undefined);
    expect(await read(Bucket, "key")).to.equal("second");
    expect(await read(Bucket, "key", VersionId)).to.equal("kept");
    expect((await list(Bucket)).Versions?.map((version) => version.VersionId)).to.deep.equal(["null", VersionId]);
  });

  describe("s3 DeleteObject", () => {
    it("hides the object behind a delete marker", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key");
      const marker = await remove(Bucket, "key");
      expect([marker.DeleteMarker, marker.$metadata.httpStatusCode]).to.deep.equal([true, 204]);
      expect(marker.VersionId).to.match(/^[\w.]{32}$/);
      expect(await refusalCode(get(Bucket, "key"))).to.equal("NoSuchKey 404");
      const answer = await rawRequest(aws, { method: "GET", path: `/${Bucket}/key` });
      expect([answer.headers["x-amz-delete-marker"], answer.headers["x-amz-version-id"]]).to.deep.equal([
        "true",
        marker.VersionId,
      ]);
      expect((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(0);
      expect(await read(Bucket, "key", VersionId)).to.equal("key");
    });

    it("makes a marker where there is no object", async () => {
      const Bucket = await versionedBucket();
      expect((await remove(Bucket, "nowhere")).DeleteMarker).to.equal(true);
      expect((await list(Bucket)).DeleteMarkers).to.have.lengthOf(1);
    });

    it("brings the object back when the marker is deleted by its id", async () => {
      const Bucket = await versionedBucket();
      await put(aws, Bucket, "key");
      const marker = await remove(Bucket, "key");
      const removed = await remove(Bucket, "key", { VersionId: marker.VersionId });
      expect([removed.DeleteMarker, removed.VersionId]).to.deep.equal([true, marker.VersionId]);
      expect(await read(Bucket, "key")).to.equal("key");
      expect((await aws.s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).to.equal(1);
    });

    it("deletes a version for good and makes the one before it the current one", async () => {
      const Bucket = await versionedBucket();
      const first = await put(aws, Bucket, "key", { Body: "first" });
      const second = await put(aws, Bucket, "key", { Body: "second" });
      const removed = await remove(Bucket, "key", { VersionId: second.VersionId });
      expect([removed.DeleteMarker, removed.VersionId]).to.deep.equal([undefined, second.VersionId]);
      expect(await read(Bucket, "key")).to.equal("first");
      expect(await refusalCode(get(Bucket, "key", second.VersionId))).to.equal("NoSuchVersion 404");
      expect((await list(Bucket)).Versions?.map(({ IsLatest, VersionId }) => [IsLatest, VersionId])).to.deep.equal([
        [true, first.VersionId],
      ]);
      await remove(Bucket, "key", { VersionId: first.VersionId });
      expect((await list(Bucket)).Versions).to.equal(undefined);
    });

    it("puts a null delete marker in the place of the null version while suspended", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key");
      await setVersioning(Bucket, "Suspended");
      await put(aws, Bucket, "key", { Body: "null" });
      for (let time = 0; time < 2; time++) {
        const marker = await remove(Bucket, "key");
        expect([marker.DeleteMarker, marker.VersionId]).to.deep.equal([true, "null"]);
      }
      const { Versions, DeleteMarkers } = await list(Bucket);
      expect(Versions?.map((version) => [version.VersionId, version.IsLatest])).to.deep.equal([[VersionId, false]]);
      expect(DeleteMarkers?.map((marker) => [marker.VersionId, marker.IsLatest])).to.deep.equal([["null", true]]);
    });

    it("takes no notice of a version that is not there, and rejects what is no version id", async () => {
      const Bucket = await versionedBucket();
      await put(aws, Bucket, "key");
      const VersionId = `0mwyp346d${"c".repeat(23)}`;
      expect((await remove(Bucket, "key", { VersionId })).VersionId).to.equal(VersionId);
      expect(await read(Bucket, "key")).to.equal("key");
      expect(await refusal(remove(Bucket, "key", { VersionId: "nonsense" }))).to.deep.include({
        code: "InvalidArgument",
        message: "Invalid version id specified",
      });
    });

    it("knows none of the ids that another S3 gave", async () => {
      const Bucket = await versionedBucket();
      await put(aws, Bucket, "key");
      const VersionId = "VWVT9JkWTreQ95JbRmQt6T3LWrljLpRZ";
      const reading = aws.s3.send(new GetObjectCommand({ Bucket, Key: "key", VersionId }));
      expect(await refusal(reading)).to.deep.include({ code: "NoSuchVersion", status: 404 });
    });

    it("deletes the current version where it matches If-Match, and has no conditions of named ones", async () => {
      const Bucket = await versionedBucket();
      const first = await put(aws, Bucket, "key", { Body: "first" });
      const second = await put(aws, Bucket, "key", { Body: "second" });
      expect(await refusalCode(remove(Bucket, "key", { IfMatch: first.ETag }))).to.equal("PreconditionFailed 412");
      const { VersionId } = first;
      for (const IfMatch of [first.ETag, second.ETag, "*"]) {
        expect(await refusalCode(remove(Bucket, "key", { VersionId, IfMatch }))).to.equal("NotImplemented 501");
      }
      const Objects = [{ Key: "key", VersionId, ETag: first.ETag }];
      const { Errors } = await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(Errors).to.deep.equal([
        {
          ...{ Key: "key", VersionId, Code: "NotImplemented" },
          Message: "A form field you provided implies functionality that is not implemented",
        },
      ]);
      await remove(Bucket, "key", { VersionId });
      expect(await refusalCode(get(Bucket, "key", VersionId))).to.equal("NoSuchVersion 404");
      expect((await remove(Bucket, "key", { IfMatch: second.ETag })).DeleteMarker).to.equal(true);
      expect(await refusalCode(remove(Bucket, "key", { IfMatch: "*" }))).to.equal("NoSuchKey 404");
    });
  });

  describe("s3 DeleteObjects", () => {
    it("says of each key what was deleted and which markers came and went", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "version");
      await put(aws, Bucket, "object");
      const marker = await remove(Bucket, "marker");
      const { Deleted, Errors } = await aws.s3.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: {
            Objects: [
              { Key: "object" },
              { Key: "version", VersionId },
              { Key: "marker", VersionId: marker.VersionId },
              { Key: "object", VersionId: "nonsense" },
            ],
          },
        }),
      );
      expect(Errors).to.deep.equal([
        {
          Key: "object",
          VersionId: "nonsense",
          Code: "NoSuchVersion",
          Message: "The specified version does not exist.",
        },
      ]);
      const { DeleteMarkers = [], Versions = [] } = await list(Bucket);
      expect(DeleteMarkers.map(({ Key }) => Key)).to.deep.equal(["object"]);
      expect(Versions.map(({ Key }) => Key)).to.deep.equal(["object"]);
      expect(Deleted).to.deep.equal([
        { Key: "object", DeleteMarker: true, DeleteMarkerVersionId: DeleteMarkers[0]?.VersionId },
        { Key: "version", VersionId },
        {
          Key: "marker",
          VersionId: marker.VersionId,
          DeleteMarker: true,
          DeleteMarkerVersionId: marker.VersionId,
        },
      ]);
    });

    it("deletes all versions of a key in one request", async () => {
      const Bucket = await versionedBucket();
      const Objects = [];
      for (let at = 0; at < 5; at++) Objects.push({ Key: "key", VersionId: (await put(aws, Bucket, "key")).VersionId });
      Objects.push({ Key: "key", VersionId: (await remove(Bucket, "key")).VersionId });
      await aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
      const { Versions, DeleteMarkers } = await list(Bucket);
      expect([Versions, DeleteMarkers]).to.deep.equal([undefined, undefined]);
    });
  });

  describe("s3 reads by version", () => {
    it("rejects a delete marker by its id with MethodNotAllowed", async () => {
      const Bucket = await versionedBucket();
      await put(aws, Bucket, "key");
      const { VersionId } = await remove(Bucket, "key");
      for (const [method, query] of [
        ["GET", ""],
        ["GET", "acl&"],
        ["GET", "tagging&"],
        ["HEAD", ""],
      ] as const) {
        const answer = await rawRequest(aws, { method, path: `/${Bucket}/key?${query}versionId=${VersionId}` });
        expect(answer.status).to.equal(405);
        expect(answer.headers).to.include({ "x-amz-delete-marker": "true", "x-amz-version-id": VersionId });
        expect(answer.headers).to.include({ allow: "DELETE" }).and.to.have.property("last-modified");
        if (method === "HEAD") continue;
        expect(xmlElement(answer.text, "Code")).to.equal("MethodNotAllowed");
        expect(xmlElement(answer.text, "ResourceType")).to.equal("DeleteMarker");
        expect(xmlElement(answer.text, "Method")).to.equal("GET");
      }
      const head = await rawRequest(aws, { method: "HEAD", path: `/${Bucket}/key` });
      expect([head.status, head.headers["x-amz-delete-marker"]]).to.deep.equal([404, "true"]);
    });

    it("rejects to write tags on a current delete marker with MethodNotAllowed", async () => {
      const Bucket = await versionedBucket();
      await remove(Bucket, "key");
      const Tagging = { TagSet: [] };
      expect(await refusalCode(aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "key", Tagging })))).to.equal(
        "MethodNotAllowed 405",
      );
      const answer = await rawRequest(aws, { method: "DELETE", path: `/${Bucket}/key?tagging` });
      expect(answer.headers).to.include({ "x-amz-delete-marker": "true", allow: "DELETE" });
    });

    it("tags each version on its own", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key", { Tagging: "age=old" });
      const newer = await put(aws, Bucket, "key", { Tagging: "age=new" });
      const tags = async (id?: string) =>
        (await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "key", VersionId: id }))).TagSet;
      const Tagging = { TagSet: [{ Key: "age", Value: "older" }] };
      const stored = await aws.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "key", VersionId, Tagging }));
      expect(stored.VersionId).to.equal(VersionId);
      expect(await tags(VersionId)).to.deep.equal(Tagging.TagSet);
      expect(await tags()).to.deep.equal([{ Key: "age", Value: "new" }]);
      await aws.s3.send(new DeleteObjectTaggingCommand({ Bucket, Key: "key", VersionId: newer.VersionId }));
      expect(await tags()).to.deep.equal([]);
    });

    it("gives attributes and the access control list of a version", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key", { Body: "old" });
      await put(aws, Bucket, "key", { Body: "newer" });
      const input = { Bucket, Key: "key", VersionId };
      const attributes = await aws.s3.send(
        new GetObjectAttributesCommand({ ...input, ObjectAttributes: ["ObjectSize"] }),
      );
      expect([attributes.VersionId, attributes.ObjectSize]).to.deep.equal([VersionId, 3]);
      expect((await aws.s3.send(new GetObjectAclCommand(input))).Grants).to.have.lengthOf(1);
      const missing = { ...input, VersionId: `0mwyp346d${"d".repeat(23)}` };
      expect(await refusalCode(aws.s3.send(new GetObjectAclCommand(missing)))).to.equal("NoSuchVersion 404");
    });
  });

  describe("s3 CopyObject", () => {
    it("makes an older version the current one", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key", { Body: "old" });
      await put(aws, Bucket, "key", { Body: "new" });
      const CopySource = `${Bucket}/key?versionId=${VersionId}`;
      const copied = await aws.s3.send(new CopyObjectCommand({ Bucket, Key: "key", CopySource }));
      expect(copied.CopySourceVersionId).to.equal(VersionId);
      expect(copied.VersionId)
        .to.match(/^[\w.]{32}$/)
        .and.not.equal(VersionId);
      expect(await read(Bucket, "key")).to.equal("old");
      expect((await list(Bucket)).Versions).to.have.lengthOf(3);
    });

    it("rejects a delete marker as a source, and goes on after it by an older version", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "key");
      const marker = await remove(Bucket, "key");
      const copy = (CopySource: string) => aws.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
      expect(await refusalCode(copy(`${Bucket}/key`))).to.equal("NoSuchKey 404");
      expect(await refusal(copy(`${Bucket}/key?versionId=${marker.VersionId}`))).to.deep.include({
        code: "InvalidRequest",
        status: 400,
        message: "The source of a copy request may not specifically refer to a delete marker by version id.",
      });
      await copy(`${Bucket}/key?versionId=${VersionId}`);
      expect(await read(Bucket, "copy")).to.equal("key");
    });
  });

  describe("s3 multipart uploads", () => {
    it("complete into versions, from parts that may be copied from a version", async () => {
      const Bucket = await versionedBucket();
      const { VersionId } = await put(aws, Bucket, "source", { Body: "old source" });
      await put(aws, Bucket, "source", { Body: "new source" });
      await put(aws, Bucket, "key", { Body: "before" });
      const upload = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "key" }));
      const { UploadId } = upload;
      const part = { Bucket, Key: "key", UploadId, PartNumber: 1 };
      const CopySource = `${Bucket}/source?versionId=${VersionId}`;
      const copied = await aws.s3.send(new UploadPartCopyCommand({ ...part, CopySource }));
      expect(copied.CopySourceVersionId).to.equal(VersionId);
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: copied.CopyPartResult?.ETag }] };
      const complete = () =>
        aws.s3.send(new CompleteMultipartUploadCommand({ Bucket, Key: "key", UploadId, MultipartUpload }));
      const completed = await complete();
      expect(await read(Bucket, "key", completed.VersionId)).to.equal("old source");
      await put(aws, Bucket, "key", { Body: "after" });
      expect((await complete()).VersionId).to.equal(completed.VersionId);
      expect((await list(Bucket)).Versions?.filter(({ Key }) => Key === "key")).to.have.lengthOf(3);
    });

    it("leave no version when they are aborted", async () => {
      const Bucket = await versionedBucket();
      const input = { Bucket, Key: "key" };
      const { UploadId } = await aws.s3.send(new CreateMultipartUploadCommand(input));
      await aws.s3.send(new UploadPartCommand({ ...input, UploadId, PartNumber: 1, Body: "part" }));
      await aws.s3.send(new AbortMultipartUploadCommand({ ...input, UploadId }));
      expect((await list(Bucket)).Versions).to.equal(undefined);
    });
  });

  it("keeps conditional writers from each other by the current version", async () => {
    const Bucket = await versionedBucket();
    await put(aws, Bucket, "key", { IfNoneMatch: "*" });
    expect(await refusalCode(put(aws, Bucket, "key", { IfNoneMatch: "*" }))).to.equal("PreconditionFailed 412");
    await remove(Bucket, "key");
    await put(aws, Bucket, "key", { IfNoneMatch: "*" });
    expect((await list(Bucket)).Versions).to.have.lengthOf(2);
  });

  it("rejects to delete a bucket with versions or delete markers in it with BucketNotEmpty", async () => {
    const Bucket = await versionedBucket();
    const { VersionId } = await put(aws, Bucket, "key");
    const marker = await remove(Bucket, "key");
    for (const id of [VersionId, marker.VersionId]) {
      expect(await refusal(aws.s3.send(new DeleteBucketCommand({ Bucket })))).to.deep.include({
        code: "BucketNotEmpty",
        status: 409,
        message: "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
      });
      await remove(Bucket, "key", { VersionId: id });
    }
    await aws.s3.send(new DeleteBucketCommand({ Bucket }));
  });
});
