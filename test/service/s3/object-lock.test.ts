import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type DefaultRetention,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type ObjectLockConfiguration,
  type ObjectLockMode,
  type ObjectLockRetention,
  PutBucketVersioningCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName, xmlElement } from "./s3-support.ts";

const day = 24 * 60 * 60 * 1000;
const start = Math.floor(Date.now() / 1000) * 1000;
/** The same date each time, in whole seconds as the header says it. */
const inDays = (days: number) => new Date(start + days * day);
const protectedMessage = "Access Denied because object protected by object lock.";

describe("s3 Object Lock", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const lockBucket = async () => {
    const Bucket = uniqueName("locked");
    await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    return Bucket;
  };
  const setVersioning = (Bucket: string, Status: "Enabled" | "Suspended") =>
    aws.s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  const configure = (Bucket: string, ObjectLockConfiguration: ObjectLockConfiguration) =>
    aws.s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
  const configuration = async (Bucket: string) =>
    (await aws.s3.send(new GetObjectLockConfigurationCommand({ Bucket }))).ObjectLockConfiguration;
  const retain = (Bucket: string, Retention: ObjectLockRetention, BypassGovernanceRetention?: boolean) =>
    aws.s3.send(new PutObjectRetentionCommand({ Bucket, Key: "key", Retention, BypassGovernanceRetention }));
  const retention = async (Bucket: string, VersionId?: string) =>
    (await aws.s3.send(new GetObjectRetentionCommand({ Bucket, Key: "key", VersionId }))).Retention;
  const hold = (Bucket: string, Status: "ON" | "OFF") =>
    aws.s3.send(new PutObjectLegalHoldCommand({ Bucket, Key: "key", LegalHold: { Status } }));
  const head = (Bucket: string, Key = "key") => aws.s3.send(new HeadObjectCommand({ Bucket, Key }));
  const remove = (Bucket: string, VersionId?: string, BypassGovernanceRetention?: boolean) =>
    aws.s3.send(new DeleteObjectCommand({ Bucket, Key: "key", VersionId, BypassGovernanceRetention }));
  const putLocked = async (Bucket: string, ObjectLockMode: ObjectLockMode, days = 1) =>
    (await put(aws, Bucket, "key", { ObjectLockMode, ObjectLockRetainUntilDate: inDays(days) })).VersionId;

  describe("s3 CreateBucket", () => {
    it("turns on versioning with Object Lock, which cannot be suspended", async () => {
      const Bucket = await lockBucket();
      const { Status, MFADelete } = await aws.s3.send(new GetBucketVersioningCommand({ Bucket }));
      expect({ Status, MFADelete }).to.deep.equal({ Status: "Enabled", MFADelete: "Disabled" });
      expect(await configuration(Bucket)).to.deep.equal({ ObjectLockEnabled: "Enabled" });
      await setVersioning(Bucket, "Enabled");
      expect(await refusal(setVersioning(Bucket, "Suspended"))).to.deep.include({
        code: "InvalidBucketState",
        status: 409,
        message: "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
      });
      await aws.s3.send(new DeleteBucketCommand({ Bucket }));
    });
  });

  describe("s3 PutObjectLockConfiguration", () => {
    it("enables it for a bucket with versioning, and for no other", async () => {
      const Bucket = await newBucket(aws);
      const enable = () => configure(Bucket, { ObjectLockEnabled: "Enabled" });
      for (const suspend of [false, true]) {
        if (suspend) await setVersioning(Bucket, "Suspended");
        expect(await refusal(enable())).to.deep.include({
          code: "InvalidBucketState",
          status: 409,
          message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
        });
      }
      await setVersioning(Bucket, "Enabled");
      await enable();
      expect(await configuration(Bucket)).to.deep.equal({ ObjectLockEnabled: "Enabled" });
    });

    it("reads a default retention back, and drops it when it is put without a rule", async () => {
      const Bucket = await lockBucket();
      const Rule = { DefaultRetention: { Mode: "COMPLIANCE" as const, Years: 1 } };
      await configure(Bucket, { ObjectLockEnabled: "Enabled", Rule });
      expect(await configuration(Bucket)).to.deep.equal({ ObjectLockEnabled: "Enabled", Rule });
      await configure(Bucket, { ObjectLockEnabled: "Enabled" });
      expect(await configuration(Bucket)).to.deep.equal({ ObjectLockEnabled: "Enabled" });
    });

    const refused: [what: string, code: string, retention: DefaultRetention | undefined][] = [
      ["an empty rule", "MalformedXML 400", undefined],
      ["a mode alone", "InvalidRequest 400", { Mode: "GOVERNANCE" }],
      ["a period alone", "MalformedXML 400", { Days: 1 }],
      ["days and years", "MalformedXML 400", { Mode: "GOVERNANCE", Days: 1, Years: 1 }],
      ["an unknown mode", "MalformedXML 400", { Mode: "governance" as never, Days: 1 }],
      ["no days", "InvalidArgument 400", { Mode: "GOVERNANCE", Days: 0 }],
      ["years below 0", "InvalidArgument 400", { Mode: "GOVERNANCE", Years: -1 }],
      ["more than a hundred years", "InvalidArgument 400", { Mode: "GOVERNANCE", Years: 101 }],
    ];
    for (const [what, code, DefaultRetention] of refused) {
      it(`rejects ${what} with ${code}`, async () => {
        const Bucket = await lockBucket();
        const Rule = { ...(DefaultRetention === undefined ? {} : { DefaultRetention }) };
        expect(await refusalCode(configure(Bucket, { ObjectLockEnabled: "Enabled", Rule }))).to.equal(code);
        expect(await configuration(Bucket)).to.deep.equal({ ObjectLockEnabled: "Enabled" });
      });
    }

    it("rejects to turn it off with MalformedXML", async () => {
      const Bucket = await lockBucket();
      expect(await refusalCode(configure(Bucket, { ObjectLockEnabled: "Disabled" as never }))).to.equal(
        "MalformedXML 400",
      );
      expect(await refusalCode(configure(Bucket, {}))).to.equal("MalformedXML 400");
    });
  });

  describe("s3 PutObject", () => {
    it("keeps the lock that its headers ask for", async () => {
      const Bucket = await lockBucket();
      const ObjectLockRetainUntilDate = inDays(3);
      await put(aws, Bucket, "key", {
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate,
        ObjectLockLegalHoldStatus: "ON",
      });
      expect(await head(Bucket)).to.deep.include({
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate,
        ObjectLockLegalHoldStatus: "ON",
      });
      expect(await retention(Bucket)).to.deep.equal({ Mode: "GOVERNANCE", RetainUntilDate: ObjectLockRetainUntilDate });
    });

    it("takes the bucket's default retention where it has none of its own", async () => {
      const Bucket = await lockBucket();
      const DefaultRetention = { Mode: "GOVERNANCE" as const, Days: 1 };
      await configure(Bucket, { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } });
      await put(aws, Bucket, "key");
      const { ObjectLockMode, ObjectLockRetainUntilDate, LastModified } = await head(Bucket);
      expect(ObjectLockMode).to.equal("GOVERNANCE");
      const days = (Number(ObjectLockRetainUntilDate) - Number(LastModified)) / day;
      expect(days).to.be.closeTo(1, 0.01);
      await putLocked(Bucket, "COMPLIANCE", 5);
      expect((await head(Bucket)).ObjectLockMode).to.equal("COMPLIANCE");
    });

    it("takes no default retention where it has a legal hold, be it OFF", async () => {
      const Bucket = await lockBucket();
      const DefaultRetention = { Mode: "GOVERNANCE" as const, Days: 1 };
      await configure(Bucket, { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } });
      for (const ObjectLockLegalHoldStatus of ["OFF", "ON"] as const) {
        await put(aws, Bucket, "key", { ObjectLockLegalHoldStatus });
        expect((await head(Bucket)).ObjectLockLegalHoldStatus).to.equal(ObjectLockLegalHoldStatus);
        expect(await refusalCode(retention(Bucket))).to.equal("NoSuchObjectLockConfiguration 404");
      }
    });

    it("rejects locks for a bucket without Object Lock with InvalidRequest", async () => {
      const Bucket = await newBucket(aws);
      const refused = await refusal(put(aws, Bucket, "key", { ObjectLockLegalHoldStatus: "ON" }));
      expect(refused).to.deep.include({
        code: "InvalidRequest",
        status: 400,
        message: "Bucket is missing ObjectLockConfiguration",
      });
    });

    it("rejects half a retention, an unknown mode, a date of the past and an unknown hold with InvalidArgument", async () => {
      const Bucket = await lockBucket();
      const ObjectLockRetainUntilDate = inDays(1);
      const refused: [input: Parameters<typeof put>[3], message: string, argument: string][] = [
        [
          { ObjectLockMode: "GOVERNANCE" },
          "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
          "x-amz-object-lock-retain-until-date",
        ],
        [
          { ObjectLockRetainUntilDate },
          "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
          "x-amz-object-lock-mode",
        ],
        [
          { ObjectLockMode: "worm" as never, ObjectLockRetainUntilDate },
          "Unknown wormMode directive.",
          "x-amz-object-lock-mode",
        ],
        [
          { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: inDays(-1) },
          "The retain until date must be in the future!",
          "x-amz-object-lock-retain-until-date",
        ],
        [
          { ObjectLockLegalHoldStatus: "on" as never },
          "Legal Hold must be either of 'ON' or 'OFF'",
          "x-amz-object-lock-legal-hold",
        ],
      ];
      for (const [input, message, ArgumentName] of refused) {
        const { members, ...error } = await refusal(put(aws, Bucket, "key", input));
        expect(error).to.deep.equal({ code: "InvalidArgument", status: 400, message });
        expect(members).to.deep.include({ ArgumentName });
      }
      expect((await refusal(head(Bucket))).status).to.equal(404);
    });

    it("rejects to lock what no checksum protects with InvalidRequest", async () => {
      const Bucket = await lockBucket();
      const headers = { "x-amz-object-lock-legal-hold": "ON" };
      const answer = await rawRequest(aws, { method: "PUT", path: `/${Bucket}/key`, headers, body: "body" });
      expect([answer.status, xmlElement(answer.text, "Message")]).to.deep.equal([
        400,
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
      ]);
    });
  });

  it("does not lock a copy as its source is, but as the copy asks", async () => {
    const Bucket = await lockBucket();
    await putLocked(Bucket, "GOVERNANCE");
    const copy = { Bucket, CopySource: `${Bucket}/key` };
    await aws.s3.send(new CopyObjectCommand({ ...copy, Key: "plain" }));
    await aws.s3.send(new CopyObjectCommand({ ...copy, Key: "held", ObjectLockLegalHoldStatus: "ON" }));
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await head(Bucket, "plain");
    expect([ObjectLockMode, ObjectLockRetainUntilDate]).to.deep.equal([undefined, undefined]);
    expect((await head(Bucket, "held")).ObjectLockLegalHoldStatus).to.equal("ON");
  });

  it("locks a multipart object as its upload asked, or as the bucket says", async () => {
    const Bucket = await lockBucket();
    const upload = async (Key: string, ObjectLockLegalHoldStatus?: "ON") => {
      const begun = await aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ObjectLockLegalHoldStatus }));
      const part = { Bucket, Key, UploadId: begun.UploadId, PartNumber: 1 };
      const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body: "part" }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await aws.s3.send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload }));
      return head(Bucket, Key);
    };
    expect((await upload("held", "ON")).ObjectLockLegalHoldStatus).to.equal("ON");
    const DefaultRetention = { Mode: "GOVERNANCE" as const, Days: 1 };
    await configure(Bucket, { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } });
    expect((await upload("default")).ObjectLockMode).to.equal("GOVERNANCE");
  });

  it("locks a multipart object as the bucket said when its upload began", async () => {
    const Bucket = await lockBucket();
    const asDays = (Days: number) => ({ DefaultRetention: { Mode: "GOVERNANCE" as const, Days } });
    const begin = (Key: string) => aws.s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const before = { Key: "before", UploadId: (await begin("before")).UploadId };
    await configure(Bucket, { ObjectLockEnabled: "Enabled", Rule: asDays(2) });
    const after = { Key: "after", UploadId: (await begin("after")).UploadId };
    await configure(Bucket, { ObjectLockEnabled: "Enabled" });
    for (const upload of [before, after]) {
      const part = { Bucket, ...upload, PartNumber: 1 };
      const { ETag } = await aws.s3.send(new UploadPartCommand({ ...part, Body: "part" }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await aws.s3.send(new CompleteMultipartUploadCommand({ ...part, MultipartUpload }));
    }
    expect((await head(Bucket, "before")).ObjectLockMode).to.equal(undefined);
    const { ObjectLockMode, ObjectLockRetainUntilDate, LastModified } = await head(Bucket, "after");
    expect(ObjectLockMode).to.equal("GOVERNANCE");
    expect((Number(ObjectLockRetainUntilDate) - Number(LastModified)) / day).to.be.closeTo(2, 0.01);
  });

  it("says in its answers which version was locked, and of a current delete marker that it is one", async () => {
    const Bucket = await lockBucket();
    const { VersionId } = await put(aws, Bucket, "key");
    const lock = (query: string, body: string) => {
      const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
      return rawRequest(aws, { method: "PUT", path: `/${Bucket}/key?${query}`, headers, body });
    };
    const legalHold = "<LegalHold><Status>OFF</Status></LegalHold>";
    const retain = (date: string) =>
      `<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>${date}</RetainUntilDate></Retention>`;
    expect((await lock("legal-hold", legalHold)).headers["x-amz-version-id"]).to.equal(VersionId);
    expect((await lock("retention", retain("2099-01-01T00:00:00Z"))).headers["x-amz-version-id"]).to.equal(VersionId);
    const past = await lock("retention", retain("2020-07-01T07:06:23.263Z"));
    expect(xmlElement(past.text, "ArgumentValue")).to.equal("Wed Jul 01 00:06:23 PDT 2020");
    await remove(Bucket);
    for (const method of ["GET", "PUT"]) {
      const path = `/${Bucket}/key?legal-hold`;
      const answer = method === "GET" ? await rawRequest(aws, { method, path }) : await lock("legal-hold", legalHold);
      expect(answer.status).to.equal(405);
      expect(answer.headers).to.include({ "x-amz-delete-marker": "true", "x-amz-version-id": "null" });
    }
  });

  describe("s3 PutObjectRetention", () => {
    it("extends for anybody, and shortens or lifts GOVERNANCE with a bypass alone", async () => {
      const Bucket = await lockBucket();
      await putLocked(Bucket, "GOVERNANCE", 2);
      await retain(Bucket, { Mode: "GOVERNANCE", RetainUntilDate: inDays(4) });
      const changes: ObjectLockRetention[] = [
        { Mode: "GOVERNANCE", RetainUntilDate: inDays(3) },
        { Mode: "COMPLIANCE", RetainUntilDate: inDays(5) },
        {},
      ];
      for (const change of changes) {
        expect(await refusal(retain(Bucket, change))).to.deep.include({
          code: "AccessDenied",
          status: 403,
          message: protectedMessage,
        });
      }
      await retain(Bucket, { Mode: "GOVERNANCE", RetainUntilDate: inDays(1) }, true);
      expect(await retention(Bucket)).to.deep.equal({ Mode: "GOVERNANCE", RetainUntilDate: inDays(1) });
      await retain(Bucket, {}, true);
      expect(await refusal(retention(Bucket))).to.deep.include({
        code: "NoSuchObjectLockConfiguration",
        status: 404,
        message: "The specified object does not have a ObjectLock configuration",
      });
    });

    it("lets nobody shorten or change COMPLIANCE", async () => {
      const Bucket = await lockBucket();
      await putLocked(Bucket, "COMPLIANCE", 2);
      await retain(Bucket, { Mode: "COMPLIANCE", RetainUntilDate: inDays(3) });
      const changes: ObjectLockRetention[] = [
        { Mode: "COMPLIANCE", RetainUntilDate: inDays(1) },
        { Mode: "GOVERNANCE", RetainUntilDate: inDays(9) },
        {},
      ];
      for (const change of changes) {
        expect(await refusalCode(retain(Bucket, change, true))).to.equal("AccessDenied 403");
      }
      expect(await retention(Bucket)).to.deep.equal({ Mode: "COMPLIANCE", RetainUntilDate: inDays(3) });
    });

    it("rejects half a retention and unknown modes with MalformedXML, and dates of the past with InvalidArgument", async () => {
      const Bucket = await lockBucket();
      await put(aws, Bucket, "key");
      expect(await refusalCode(retain(Bucket, { Mode: "GOVERNANCE" }))).to.equal("MalformedXML 400");
      expect(await refusalCode(retain(Bucket, { RetainUntilDate: inDays(1) }))).to.equal("MalformedXML 400");
      const unknown = { Mode: "governance" as never, RetainUntilDate: inDays(1) };
      expect(await refusalCode(retain(Bucket, unknown))).to.equal("MalformedXML 400");
      expect(await refusal(retain(Bucket, { Mode: "GOVERNANCE", RetainUntilDate: inDays(-1) }))).to.deep.include({
        code: "InvalidArgument",
        message: "The retain until date must be in the future!",
      });
    });

    it("rejects buckets without Object Lock with InvalidRequest, and delete markers with MethodNotAllowed", async () => {
      const plain = await newBucket(aws);
      await put(aws, plain, "key");
      const change = { Mode: "GOVERNANCE" as const, RetainUntilDate: inDays(1) };
      for (const call of [() => retain(plain, change), () => retention(plain), () => hold(plain, "ON")]) {
        expect(await refusal(call())).to.deep.include({
          code: "InvalidRequest",
          status: 400,
          message: "Bucket is missing Object Lock Configuration",
        });
      }
      const Bucket = await lockBucket();
      const marker = await remove(Bucket);
      expect(await refusalCode(retain(Bucket, change))).to.equal("MethodNotAllowed 405");
      expect(await refusalCode(retention(Bucket, marker.VersionId))).to.equal("MethodNotAllowed 405");
    });
  });

  describe("s3 PutObjectLegalHold", () => {
    it("is placed and lifted, and reads back", async () => {
      const Bucket = await lockBucket();
      const read = async () => (await aws.s3.send(new GetObjectLegalHoldCommand({ Bucket, Key: "key" }))).LegalHold;
      await put(aws, Bucket, "key", { Metadata: { kept: "yes" } });
      expect(await refusalCode(read())).to.equal("NoSuchObjectLockConfiguration 404");
      for (const Status of ["ON", "OFF"] as const) {
        await hold(Bucket, Status);
        expect(await read()).to.deep.equal({ Status });
      }
      expect((await head(Bucket)).Metadata).to.deep.equal({ kept: "yes" });
      expect(await refusalCode(hold(Bucket, "abc" as never))).to.equal("MalformedXML 400");
    });
  });

  describe("s3 DeleteObject", () => {
    it("keeps a version that is held, whatever bypass it is asked with", async () => {
      const Bucket = await lockBucket();
      const { VersionId } = await put(aws, Bucket, "key", { ObjectLockLegalHoldStatus: "ON" });
      expect(await refusal(remove(Bucket, VersionId, true))).to.deep.include({
        code: "AccessDenied",
        status: 403,
        message: protectedMessage,
      });
      await hold(Bucket, "OFF");
      await remove(Bucket, VersionId);
      expect((await refusal(head(Bucket))).status).to.equal(404);
    });

    it("keeps a version of GOVERNANCE but for a bypass, and one of COMPLIANCE from everybody", async () => {
      const Bucket = await lockBucket();
      const governed = await putLocked(Bucket, "GOVERNANCE");
      const compliant = await putLocked(Bucket, "COMPLIANCE");
      expect(await refusalCode(remove(Bucket, governed))).to.equal("AccessDenied 403");
      expect(await refusalCode(remove(Bucket, governed, false))).to.equal("AccessDenied 403");
      await remove(Bucket, governed, true);
      expect(await refusalCode(remove(Bucket, compliant, true))).to.equal("AccessDenied 403");
      expect((await head(Bucket)).VersionId).to.equal(compliant);
    });

    it("puts a delete marker before a locked version, and takes it away again", async () => {
      const Bucket = await lockBucket();
      const VersionId = await putLocked(Bucket, "COMPLIANCE");
      const marker = await remove(Bucket);
      expect(marker.DeleteMarker).to.equal(true);
      await remove(Bucket, marker.VersionId);
      expect((await head(Bucket)).VersionId).to.equal(VersionId);
    });

    it("rejects a bypass where there is nothing to bypass with InvalidArgument", async () => {
      const Bucket = await newBucket(aws);
      expect(await refusal(remove(Bucket, undefined, true))).to.deep.include({
        code: "InvalidArgument",
        status: 400,
        message: "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
      });
    });
  });

  it("tells in DeleteObjects which versions are locked and deletes the others", async () => {
    const Bucket = await lockBucket();
    const locked = await putLocked(Bucket, "GOVERNANCE");
    const free = (await put(aws, Bucket, "key")).VersionId;
    const removeAll = (BypassGovernanceRetention?: boolean) => {
      const Objects = [locked, free].map((VersionId) => ({ Key: "key", VersionId }));
      return aws.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects }, BypassGovernanceRetention }));
    };
    const first = await removeAll();
    expect(first.Deleted).to.deep.equal([{ Key: "key", VersionId: free }]);
    expect(first.Errors).to.deep.equal([
      { Key: "key", VersionId: locked, Code: "AccessDenied", Message: protectedMessage },
    ]);
    expect((await removeAll(true)).Errors).to.equal(undefined);
    await aws.s3.send(new DeleteBucketCommand({ Bucket }));
  });
});
