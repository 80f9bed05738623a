import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface VersionList {
  versions: {
    key: string;
    version_id: string;
    is_latest: boolean;
    is_delete_marker: boolean;
    size: number | null;
  }[];
  next_token: string | null;
}

describe("json-api settings and versions of buckets", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const makeBucket = async (Bucket: string) => {
    await api.aws.s3.send(new CreateBucketCommand({ Bucket }));
    return `/s3/buckets/${Bucket}`;
  };
  const put = (Bucket: string, Key: string, Body: string) =>
    api.aws.s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const versioned = async (name: string) => {
    const path = await makeBucket(name);
    expect((await api.send("PUT", `${path}/versioning`, { json: { status: "Enabled" } })).status).to.equal(204);
    return path;
  };
  const list = async (path: string, query = "") =>
    (await api.send<VersionList>("GET", `${path}/versions${query}`)).body;

  it("lists versions and delete markers page by page, the newest of a key first", async () => {
    const path = await versioned("paged-versions");
    for (const body of ["1", "22", "333"]) await put("paged-versions", "a/ü +.txt", body);
    await put("paged-versions", "b.txt", "b");
    await api.send("DELETE", `${path}/objects/b.txt`);
    const { versions } = await list(path);
    const shape = versions.map(({ key, size, is_latest, is_delete_marker }) => [
      key,
      size,
      is_latest,
      is_delete_marker,
    ]);
    expect(shape).to.deep.equal([
      ["a/ü +.txt", 3, true, false],
      ["a/ü +.txt", 2, false, false],
      ["a/ü +.txt", 1, false, false],
      ["b.txt", null, true, true],
      ["b.txt", 1, false, false],
    ]);
    const walked: string[] = [];
    let token: string | null = null;
    do {
      const page: VersionList = await list(path, `?limit=2${token === null ? "" : `&next_token=${token}`}`);
      walked.push(...page.versions.map((found) => found.version_id));
      token = page.next_token;
    } while (token !== null);
    expect(walked).to.deep.equal(versions.map((found) => found.version_id));
    expect((await list(path, "?prefix=b")).versions).to.have.lengthOf(2);
    const refused = await api.send("GET", `${path}/versions?next_token=nonsense`);
    expect(refused.status).to.equal(400);
    expect(refused.body).to.include({ code: "InvalidArgument" });
  });

  it("restores, links to and deletes one version", async () => {
    const path = await versioned("one-version");
    const key = "a/ü +.txt";
    const { VersionId: first = "" } = await put("one-version", key, "the first");
    await put("one-version", key, "the second");
    const link = await api.send("POST", `${path}/objects/${encodeURIComponent(key)}/presign`, {
      json: { version_id: first },
    });
    expect(await (await fetch(link.body.url ?? "")).text()).to.equal("the first");
    const { status, body } = await api.send("POST", `${path}/versions/restore`, { json: { key, version_id: first } });
    expect(status).to.equal(200);
    const [latest, ...older] = (await list(path)).versions;
    expect(latest).to.include({ version_id: body.version_id, size: 9, is_latest: true });
    expect(older).to.have.lengthOf(2);
    const query = new URLSearchParams({ key, version_id: first });
    expect((await api.send("DELETE", `${path}/versions?${query}`)).status).to.equal(204);
    expect((await list(path)).versions.map((found) => found.version_id)).to.not.include(first);
    const gone = await api.send("POST", `${path}/versions/restore`, { json: { key, version_id: first } });
    expect(gone.status).to.equal(404);
    expect(gone.body).to.include({ code: "NoSuchVersion" });
  });

  it("tells of a bucket's settings, as AWS's clients write them", async () => {
    const path = await makeBucket("told-settings");
    const before = await api.send("GET", `${path}/settings`);
    expect(before.body).to.include({ versioning: null, policy: null, policy_is_public: false });
    expect(before.body).to.deep.include({ cors_rules: [], lifecycle_rules: [] });
    const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["https://example.com"] }];
    await api.aws.s3.send(new PutBucketCorsCommand({ Bucket: "told-settings", CORSConfiguration: { CORSRules } }));
    await api.send("PUT", `${path}/versioning`, { json: { status: "Suspended" } });
    const { body } = await api.send<{ cors_rules: object[]; versioning: string }>("GET", `${path}/settings`);
    expect(body.versioning).to.equal("Suspended");
    expect(body.cors_rules[0]).to.deep.include(CORSRules[0]);
    expect((await api.send("GET", "/s3/buckets/no-such-bucket/settings")).body).to.include({ code: "NoSuchBucket" });
  });

  it("writes, refuses and deletes a policy", async () => {
    const path = await makeBucket("with-a-policy");
    const write = (policy: string) => api.send("PUT", `${path}/policy`, { json: { policy } });
    const statement = {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::with-a-policy/*",
    };
    const text = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    expect((await write(text)).status).to.equal(204);
    const { Policy } = await api.aws.s3.send(new GetBucketPolicyCommand({ Bucket: "with-a-policy" }));
    expect(Policy).to.equal(text);
    for (const wrong of ["{", "{}", text.replace("with-a-policy/", "another/")]) {
      const refused = await write(wrong);
      expect(refused.status, wrong).to.equal(400);
      expect(refused.body, wrong).to.include({ code: "MalformedPolicy" });
    }
    expect((await api.send("GET", `${path}/settings`)).body).to.include({ policy: text });
    expect((await api.send("DELETE", `${path}/policy`)).status).to.equal(204);
    expect((await api.send("GET", `${path}/settings`)).body).to.include({ policy: null });
  });
});
