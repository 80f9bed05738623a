import { createHmac } from "node:crypto";
import {
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { deriveSigningKey } from "../../../src/auth/sigv4.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusalCode, xmlElement } from "./s3-support.ts";

type Fields = Readonly<Record<string, string>>;

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/** The fields that sign a policy, by Version 4. */
function signed(
  conditions: readonly unknown[],
  { expiration = inAnHour(), secret = "test", document = {} } = {},
): Fields {
  const timestamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const scope = { date: timestamp.slice(0, 8), region: "us-east-1", service: "s3" };
  const own = {
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": `test/${scope.date}/us-east-1/s3/aws4_request`,
    "x-amz-date": timestamp,
  };
  const all = [...conditions, ...Object.entries(own).map(([name, value]) => ({ [name]: value }))];
  const policy = Buffer.from(JSON.stringify({ expiration, conditions: all, ...document })).toString("base64");
  const signature = createHmac("sha256", deriveSigningKey(secret, scope)).update(policy).digest("hex");
  return { ...own, policy, "x-amz-signature": signature };
}

function signedV2(conditions: readonly unknown[]): Fields {
  const policy = Buffer.from(JSON.stringify({ expiration: inAnHour(), conditions })).toString("base64");
  return { AWSAccessKeyId: "test", policy, signature: createHmac("sha1", "test").update(policy).digest("base64") };
}

describe("s3 POST Object", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  async function post(fields: Fields, file: string | null = "hello", name = "hello.txt", query = "") {
    const form = new FormData();
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    if (file !== null) form.append("file", new File([file], name, { type: "text/x-own" }));
    const answer = await fetch(`${aws.endpoint}/${Bucket}${query}`, { method: "POST", body: form, redirect: "manual" });
    return { status: answer.status, headers: answer.headers, xml: await answer.text() };
  }

  const refused = async (...call: Parameters<typeof post>) => {
    const { status, xml } = await post(...call);
    return `${xmlElement(xml, "Code")} ${status}`;
  };

  const named = (key: string): unknown[] => [{ bucket: Bucket }, ["starts-with", "$key", key]];

  const body = async (Key: string) =>
    (await aws.s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  it("stores the file under the key, and answers 204, or what success_action_status says", async () => {
    const plain = await post({ key: "plain", ...signed(named("plain")) });
    expect([plain.status, plain.xml]).to.deep.equal([204, ""]);
    expect(plain.headers.get("etag")).to.equal('"5d41402abc4b2a76b9719d911017c592"');
    expect(plain.headers.get("location")).to.equal(`${aws.endpoint}/${Bucket}/plain`);
    expect(await body("plain")).to.equal("hello");
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "plain" }));
    expect(head).to.include({ ContentType: "binary/octet-stream", ServerSideEncryption: "AES256" });

    const any = (status: string) => [...named("made/"), ["eq", "$success_action_status", status]];
    const created = await post({ key: "made/a b", success_action_status: "201", ...signed(any("201")) });
    expect(created.status).to.equal(201);
    expect(xmlElement(created.xml, "Location")).to.equal(`${aws.endpoint}/${Bucket}/made%2Fa+b`);
    expect(xmlElement(created.xml, "Key")).to.equal("made/a b");
    const ok = await post({ key: "made/ok", success_action_status: "200", ...signed(any("200")) });
    expect([ok.status, ok.xml]).to.deep.equal([200, ""]);
    const odd = await post({ key: "made/odd", success_action_status: "404", ...signed(any("404")) });
    expect(odd.status).to.equal(204);
  });

  it("takes no notice of a query that names no sub-resource", async () => {
    const { status } = await post({ key: "asked", ...signed(named("asked")) }, "hello", "hello.txt", "?origin=page");
    expect([status, await body("asked")]).to.deep.equal([204, "hello"]);
  });

  it("takes metadata, headers, tags and a redirect from the fields, and the file's name in the key", async () => {
    const tagging = "<Tagging><TagSet><Tag><Key>a</Key><Value>b c</Value></Tag></TagSet></Tagging>";
    const redirect = "http://example.com/done?x=1";
    const fields = {
      "Content-Type": "text/plain",
      "x-amz-meta-color": "blue",
      "x-amz-storage-class": "STANDARD_IA",
      tagging,
      success_action_redirect: redirect,
      "x-ignore-me": "whatever",
    };
    const conditions = Object.keys(fields)
      .slice(0, -1)
      .map((name) => ["starts-with", `$${name.toLowerCase()}`, ""]);
    const answer = await post(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the form's own placeholder
      { key: "up/${filename}", ...fields, ...signed([...named("up/n"), ...conditions]) },
      "hello",
      "C:\\My Files\\name.txt",
    );
    expect(answer.status).to.equal(303);
    const etag = encodeURIComponent('"5d41402abc4b2a76b9719d911017c592"');
    expect(answer.headers.get("location")).to.equal(
      `${redirect}&bucket=${Bucket}&key=${encodeURIComponent("up/name.txt")}&etag=${etag}`,
    );
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "up/name.txt" }));
    expect(head).to.deep.include({
      ContentType: "text/plain",
      Metadata: { color: "blue" },
      StorageClass: "STANDARD_IA",
    });
    const { TagSet } = await aws.s3.send(new GetObjectTaggingCommand({ Bucket, Key: "up/name.txt" }));
    expect(TagSet).to.deep.equal([{ Key: "a", Value: "b c" }]);
  });

  it("takes policies that are signed by Version 2, and parts that all have a file name", async () => {
    expect((await post({ key: "two", ...signedV2(named("two")) })).status).to.equal(204);
    const form = new FormData();
    for (const [field, value] of Object.entries({ key: "files", ...signedV2(named("files")), file: "bar" })) {
      form.append(field, new File([value], field));
    }
    expect((await fetch(`${aws.endpoint}/${Bucket}`, { method: "POST", body: form })).status).to.equal(204);
    expect(await body("files")).to.equal("bar");
  });

  it("refuses a policy that does not name the bucket, and takes an unsigned one for none", async () => {
    const nameless = await post({ key: "not", ...signed([{ key: "not" }]) });
    expect([nameless.status, xmlElement(nameless.xml, "Message")]).to.deep.equal([
      403,
      "Invalid according to Policy: Extra input fields: bucket",
    ]);
    const { policy } = signed([{ bucket: "another" }]);
    const unsigned = await post({ key: "not", policy: policy ?? "" });
    expect([unsigned.status, xmlElement(unsigned.xml, "Message")]).to.deep.equal([403, "Access Denied"]);
  });

  it("refuses what the policy does not say, and stores nothing", async () => {
    const key = { key: "not" };
    const policy = (...conditions: unknown[]) => ({ ...key, ...signed([{ bucket: Bucket }, ...conditions]) });
    expect(await refused({ ...key, ...signed(named("other")) })).to.equal("AccessDenied 403");
    expect(await refused({ ...policy(["eq", "$key", "not"]), acl: "private" })).to.equal("AccessDenied 403");
    expect(await refused(policy({ key: "not" }, { "x-amz-meta-a": "b" }))).to.equal("AccessDenied 403");
    expect(await refused({ ...key, ...signed(named("not"), { expiration: "2020-01-01T00:00:00Z" }) })).to.equal(
      "AccessDenied 403",
    );
    expect(await refused(policy({ key: "not" }, ["content-length-range", 0, 4]))).to.equal("EntityTooLarge 400");
    expect(await refused(policy({ key: "not" }, ["content-length-range", 6, 9]))).to.equal("EntityTooSmall 400");
    expect((await post(policy({ key: "not" }, ["content-length-range", 5, 5]), "12345")).status).to.equal(204);
    expect(await refusalCode(aws.s3.send(new HeadObjectCommand({ Bucket, Key: "not-there" })))).to.equal(
      "NotFound 404",
    );
  });

  it("refuses a form without a field that the policy has a condition on, in the policy's own words", async () => {
    const words = async (condition: [string, string, string], fields: Fields = {}) => {
      const { xml } = await post({ key: "conditional", ...fields, ...signed([...named("conditional"), condition]) });
      return xmlElement(xml, "Message")?.replaceAll("&quot;", '"');
    };
    const failed = (condition: string) => `Invalid according to Policy: Policy Condition failed: ${condition}`;
    const anyType: [string, string, string] = ["starts-with", "$Content-Type", ""];
    expect(await words(anyType)).to.equal(failed('["starts-with", "$Content-Type", ""]'));
    expect(await words(anyType, { "content-type": "image/png" })).to.equal(undefined);
    const image: [string, string, string] = ["starts-with", "$Content-Type", "image/"];
    const mixed = { "Content-Type": "image/png,text/plain" };
    expect(await words(image, mixed)).to.equal(failed('["starts-with", "$Content-Type", "image/"]'));
    expect(await words(["eq", "$x-amz-meta-a", ""])).to.equal(failed('["eq", "$x-amz-meta-a", ""]'));
  });

  it("refuses policies that are none", async () => {
    const fields = (document: object) => ({ key: "none", ...signed([], { document }) });
    for (const document of [
      { expiration: undefined },
      { expiration: "soon" },
      { conditions: undefined },
      { conditions: [{}] },
      { conditions: [["content-length-range", 0]] },
      { conditions: [["content-length-range", -1, 5]] },
      { conditions: [["contains", "$key", "x"]] },
      { conditions: [["eq", "key", "x"]] },
    ]) {
      expect(await refused(fields(document)), JSON.stringify(document)).to.equal("InvalidPolicyDocument 400");
    }
    const text = signed(named("x"));
    expect(await refused({ key: "x", ...text, policy: "bm90IGpzb24=" })).to.equal("SignatureDoesNotMatch 403");
  });

  it("refuses forms that lack something, in S3's words", async () => {
    const { policy, "x-amz-signature": signature, ...others } = signed(named("x"));
    expect(await refused({ key: "x", ...others, policy: policy ?? "" })).to.equal("InvalidArgument 400");
    expect(await refused({ key: "x", ...others, "x-amz-signature": signature ?? "" })).to.equal("InvalidArgument 400");
    expect(await refused(signed(named("x")))).to.equal("InvalidArgument 400");
    expect(await refused({ key: "x", ...signed(named("x")) }, null)).to.equal("InvalidArgument 400");
    expect(await refused({ key: "x", ...signed(named("x"), { secret: "wrong" }) })).to.equal(
      "SignatureDoesNotMatch 403",
    );
    const cut = await fetch(`${aws.endpoint}/${Bucket}`, {
      method: "POST",
      body: "--b\r\nnothing",
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
    expect(`${xmlElement(await cut.text(), "Code")} ${cut.status}`).to.equal("MalformedPOSTRequest 400");
    const long = await post({ key: "x", "x-ignore-long": "x".repeat(20_480), ...signed(named("x")) });
    expect([long.status, xmlElement(long.xml, "Code"), xmlElement(long.xml, "Message")]).to.deep.equal([
      ...[400, "MaxPostPreDataLengthExceeded"],
      "Your POST request fields preceeding the upload file was too large.",
    ]);
  });

  it("refuses a form that ends within its file, and stores nothing", async () => {
    const fields = Object.entries({ key: "cut", ...signed(named("cut")) });
    const parts = fields.map(
      ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}`,
    );
    parts.push('--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nhello');
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    const url = `${aws.endpoint}/${Bucket}`;
    const cut = await fetch(url, { method: "POST", body: parts.join("\r\n"), headers });
    expect(`${xmlElement(await cut.text(), "Code")} ${cut.status}`).to.equal("MalformedPOSTRequest 400");
    expect(await refusalCode(aws.s3.send(new HeadObjectCommand({ Bucket, Key: "cut" })))).to.equal("NotFound 404");
    const whole = await fetch(url, { method: "POST", body: `${parts.join("\r\n")}\r\n--b--`, headers });
    expect([whole.status, await body("cut")]).to.deep.equal([204, "hello"]);
  });

  it("refuses forms that are posted to the account or to a key, and says what these take", async () => {
    for (const [path, type, allow] of [
      ["/", "SERVICE", "GET"],
      [`/${Bucket}/key`, "OBJECT", "HEAD, DELETE, GET, PUT"],
    ] as const) {
      const form = new FormData();
      form.append("key", "x");
      const answer = await fetch(aws.endpoint + path, { method: "POST", body: form });
      const { headers, status } = answer;
      expect([status, xmlElement(await answer.text(), "ResourceType"), headers.get("allow")]).to.deep.equal([
        ...[405, type, allow],
      ]);
    }
  });

  it("lets anybody post to a bucket whose policy allows it, and nobody else where it does not", async () => {
    expect(await refused({ key: "anon" })).to.equal("AccessDenied 403");
    await aws.s3.send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: { BlockPublicPolicy: false, RestrictPublicBuckets: false },
      }),
    );
    const Statement = [
      { Effect: "Allow", Principal: "*", Action: "s3:PutObject", Resource: `arn:aws:s3:::${Bucket}/anon*` },
    ];
    await aws.s3.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
    );
    expect((await post({ key: "anonymous" })).status).to.equal(204);
    expect(await refused({ key: "other" })).to.equal("AccessDenied 403");
  });

  it("takes no notice of what follows the file", async () => {
    const form = new FormData();
    const fields = { key: "followed", ...signed([{ bucket: Bucket }, { key: "followed" }]) };
    for (const [field, value] of Object.entries(fields)) form.append(field, value);
    form.append("file", new File(["hello"], "hello.txt"));
    form.append("x-amz-meta-late", "late");
    const { status } = await fetch(`${aws.endpoint}/${Bucket}`, { method: "POST", body: form });
    expect(status).to.equal(204);
    const { Metadata } = await aws.s3.send(new HeadObjectCommand({ Bucket, Key: "followed" }));
    expect(Metadata).to.deep.equal({});
  });
});
