import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startWebhookReceiver } from "../../support/webhook-receiver.ts";
import { type JsonApi, sendRaw, startJsonApi } from "./json-api.ts";

interface Listing {
  objects: { key: string; size: number; etag: string; last_modified: string; storage_class: string }[];
  prefixes: string[];
  next_token: string | null;
}

interface Uploaded {
  objects: { key: string; size: number; etag: string; content_type: string | null }[];
}

let buckets = 0;

/** A bucket of the test's own. */
async function makeBucket(api: JsonApi): Promise<string> {
  const name = `json-api-objects-${++buckets}`;
  expect((await api.send("POST", "/s3/buckets", { json: { name } })).status).to.equal(201);
  return name;
}

function upload(api: JsonApi, bucket: string, ...parts: (readonly [name: string, value: string | File])[]) {
  const body = new FormData();
  for (const [name, value] of parts) body.append(name, value);
  return api.send<Uploaded>("POST", `/s3/buckets/${bucket}/objects`, { body });
}

const list = (api: JsonApi, bucket: string, query = "") =>
  api.send<Listing>("GET", `/s3/buckets/${bucket}/objects${query}`);

describe("json-api upload of objects to a bucket with notifications", () => {
  it("is a PutObject to those whom it tells", async () => {
    const receiver = await startWebhookReceiver();
    const api = await startJsonApi({ eventWebhooks: receiver.url });
    try {
      const Bucket = await makeBucket(api);
      const QueueArn = "arn:aws:sqs:us-east-1:000000000000:queue";
      const NotificationConfiguration = {
        QueueConfigurations: [{ QueueArn, Events: ["s3:ObjectCreated:*" as const] }],
      };
      const input = { Bucket, NotificationConfiguration, SkipDestinationValidation: true };
      await api.aws.s3.send(new PutBucketNotificationConfigurationCommand(input));
      await upload(api, Bucket, ["file", new File(["hello"], "hello.txt")]);
      const [message] = await receiver.wait<{ Records: { eventName: string }[] }>("an event", 1, () => true);
      expect(message?.Records[0]?.eventName).to.equal("ObjectCreated:Put");
    } finally {
      await api.stop();
      await receiver.close();
    }
  });
});

describe("json-api upload of objects", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("stores files under their names, with their types and bytes", async () => {
    const bucket = await makeBucket(api);
    const bytes = randomBytes(300_000);
    const { status, body } = await upload(
      api,
      bucket,
      ["file", new File(["hello"], "hello.txt", { type: "text/plain" })],
      ["file", new File([bytes], "data.bin")],
    );
    expect(status).to.equal(201);
    expect(body.objects.map(({ key, size }) => [key, size])).to.deep.equal([
      ["hello.txt", 5],
      ["data.bin", 300_000],
    ]);
    const stored = await api.aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: "data.bin" }));
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? []).equals(bytes)).to.equal(true);
    const text = await api.aws.s3.send(new HeadObjectCommand({ Bucket: bucket, Key: "hello.txt" }));
    expect(text.ContentType).to.equal("text/plain");
    expect(text.ETag).to.equal(`"${body.objects[0]?.etag}"`);
  });

  it("puts prefix before the names, keeps a folder's paths, and takes key for the next file alone", async () => {
    const bucket = await makeBucket(api);
    const { body } = await upload(
      api,
      bucket,
      ["prefix", "up/"],
      ["file", new File(["1"], "folder/deep/a.txt")],
      ["key", "exactly/this key"],
      ["file", new File(["2"], "ignored.txt")],
      ["file", new File(["3"], "c.txt")],
    );
    expect(body.objects.map(({ key }) => key)).to.deep.equal(["up/folder/deep/a.txt", "exactly/this key", "up/c.txt"]);
  });

  it("keeps names with other letters, quotes, dots and percent signs", async () => {
    const bucket = await makeBucket(api);
    const names = ["日本語 ü.txt", 'say "hi".txt', "../up.txt", "100%25.txt", "a;b=c.txt", "+ &.txt", "🚀"];
    const { body } = await upload(api, bucket, ...names.map((name) => ["file", new File([name], name)] as const));
    expect(body.objects.map(({ key }) => key)).to.deep.equal(names);
    for (const name of names) {
      const path = `/s3/buckets/${bucket}/objects/${encodeURIComponent(name)}`;
      expect((await api.send("GET", path)).status, name).to.equal(200);
      expect((await sendRaw(api.aws.endpoint, path, auth(api))).body, name).to.equal(name);
    }
  });

  it("stores an empty file, and a thousand small ones in one form", async () => {
    const bucket = await makeBucket(api);
    const names = Array.from({ length: 1000 }, (_, index) => `n/${String(index).padStart(4, "0")}`);
    const { status, body } = await upload(
      api,
      bucket,
      ["file", new File([], "empty")],
      ...names.map((name) => ["file", new File([name], name)] as const),
    );
    expect(status).to.equal(201);
    expect(body.objects).to.have.lengthOf(1001);
    expect(body.objects[0]).to.include({ key: "empty", size: 0, etag: "d41d8cd98f00b204e9800998ecf8427e" });
    expect((await list(api, bucket, "?prefix=n/")).body.objects.map(({ key }) => key)).to.deep.equal(names);
  });

  it("stores 50 MB as they arrive, in flat memory", async function () {
    this.timeout(180_000);
    const bucket = await makeBucket(api);
    const boundary = "a-boundary";
    const chunk = randomBytes(64 * 1024);
    const chunks = 800;
    let sent = 0;
    let peak = 0;
    const before = memory();
    async function* form() {
      yield Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large"\r\n\r\n`);
      for (; sent < chunks; sent++) {
        if (sent % 50 === 0) peak = Math.max(peak, memory() - before);
        yield chunk;
      }
      yield Buffer.from(`\r\n--${boundary}--\r\n`);
    }
    const { status, body } = await api.send<Uploaded>("POST", `/s3/buckets/${bucket}/objects`, {
      body: Readable.toWeb(Readable.from(form())) as ReadableStream,
      headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    });
    expect(status).to.equal(201);
    expect(body.objects[0]?.size).to.equal(chunks * chunk.length);
    expect(peak).to.be.below(12 * 1024 * 1024);
  });

  it("refuses a bucket that is not there with NoSuchBucket 404", async () => {
    const { status, body } = await upload(api, "json-api-no-such-bucket", ["file", new File(["x"], "x")]);
    expect(status).to.equal(404);
    expect(body).to.include({ code: "NoSuchBucket" });
  });

  it("refuses a form without a file, a file without a name, and what is no form", async () => {
    const bucket = await makeBucket(api);
    const none = await upload(api, bucket, ["prefix", "a/"]);
    expect(none.status).to.equal(400);
    expect(none.body).to.include({ code: "MissingFile" });
    const nameless = await upload(api, bucket, ["key", ""], ["file", new File(["x"], "x")]);
    expect(nameless.status).to.equal(400);
    expect(nameless.body).to.include({ code: "MissingKey" });
    const path = `/s3/buckets/${bucket}/objects`;
    expect((await api.send("POST", path, { json: { file: "x" } })).status).to.equal(415);
    for (const [type, status] of [
      ["multipart/form-data", 415],
      ["multipart/form-data; boundary=", 400],
    ] as const) {
      const answer = await api.send("POST", path, { body: "x", headers: { "content-type": type } });
      expect(answer.status, type).to.equal(status);
    }
  });

  it("refuses a form with more fields than it takes, rather than forgetting some", async () => {
    const bucket = await makeBucket(api);
    const fields = Array.from({ length: 10_001 }, () => ["prefix", "x"] as const);
    const { status, body } = await upload(api, bucket, ...fields, ["file", new File(["x"], "x")]);
    expect(status).to.equal(400);
    expect(body).to.include({ code: "MalformedForm" });
  });

  it("refuses a key that is too long with KeyTooLongError, and a form that is cut off with MalformedForm", async () => {
    const bucket = await makeBucket(api);
    const long = await upload(api, bucket, ["key", "x".repeat(1025)], ["file", new File(["x".repeat(200_000)], "x")]);
    expect(long.status).to.equal(400);
    expect(long.body).to.include({ code: "KeyTooLongError" });
    const cut = await api.send("POST", `/s3/buckets/${bucket}/objects`, {
      body: '--b\r\nContent-Disposition: form-data; name="file"; filename="cut"\r\n\r\nhalf of it',
      headers: { "content-type": "multipart/form-data; boundary=b" },
    });
    expect(cut.status).to.equal(400);
    expect(cut.body).to.include({ code: "MalformedForm" });
    expect((await list(api, bucket)).body.objects).to.deep.equal([]);
  });

  it("stores nothing of a file whose sender goes away", async () => {
    const bucket = await makeBucket(api);
    const { hostname, port, host } = new URL(api.aws.endpoint);
    const socket = connect(Number(port), hostname);
    const head = [
      `POST /s3/buckets/${bucket}/objects HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${api.token}`,
      "Content-Type: multipart/form-data; boundary=b",
      "Content-Length: 1000000",
    ];
    const part = '--b\r\nContent-Disposition: form-data; name="file"; filename="gone"\r\n\r\n';
    await new Promise((written) => socket.write(`${head.join("\r\n")}\r\n\r\n${part}${"x".repeat(100_000)}`, written));
    socket.destroy();
    // The server goes on, and the next upload is stored.
    expect((await upload(api, bucket, ["file", new File(["x"], "next")])).status).to.equal(201);
    expect((await list(api, bucket)).body.objects.map(({ key }) => key)).to.deep.equal(["next"]);
  });
});

describe("json-api list, download and delete of objects", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("list by folder and by page", async () => {
    const bucket = await makeBucket(api);
    for (const Key of ["a/1", "a/2", "b/1", "c"]) {
      await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
    }
    const top = await list(api, bucket, "?delimiter=/");
    expect(top.body.objects.map(({ key }) => key)).to.deep.equal(["c"]);
    expect(top.body.prefixes).to.deep.equal(["a/", "b/"]);
    const keys: string[] = [];
    let token: string | null = "";
    while (token !== null) {
      const page: Listing = (await list(api, bucket, `?limit=2${token && `&next_token=${encodeURIComponent(token)}`}`))
        .body;
      keys.push(...page.objects.map(({ key }) => key));
      token = page.next_token;
    }
    expect(keys).to.deep.equal(["a/1", "a/2", "b/1", "c"]);
    expect(top.body.objects[0]).to.include({ size: 1, storage_class: "STANDARD" });
  });

  it("refuse a limit, a page token and a query member that cannot be used", async () => {
    const bucket = await makeBucket(api);
    for (const query of ["?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?color=red", "?region=Mars"]) {
      expect((await list(api, bucket, query)).status, query).to.equal(422);
    }
    const { status, body } = await list(api, bucket, "?next_token=nonsense");
    expect(status).to.equal(400);
    expect(body).to.include({ code: "InvalidArgument" });
  });

  it("download the whole, a range and, where nothing has changed, nothing", async () => {
    const bucket = await makeBucket(api);
    const path = `/s3/buckets/${bucket}/objects/a/b.txt`;
    const put = { Bucket: bucket, Key: "a/b.txt", Body: "0123456789", ContentType: "text/plain" };
    const { ETag = "" } = await api.aws.s3.send(new PutObjectCommand(put));
    const whole = await api.send("GET", path);
    expect(whole.status).to.equal(200);
    expect(whole.body).to.equal("0123456789");
    expect(whole.headers.get("etag")).to.equal(ETag);
    expect(whole.headers.get("content-length")).to.equal("10");
    const range = await api.send("GET", path, { headers: { range: "bytes=2-4" } });
    expect(range.status).to.equal(206);
    expect(range.body).to.equal("234");
    expect(range.headers.get("content-range")).to.equal("bytes 2-4/10");
    expect((await api.send("GET", path, { headers: { "if-none-match": ETag } })).status).to.equal(304);
    expect((await api.send("GET", path, { headers: { "if-match": '"other"' } })).status).to.equal(412);
    const beyond = await api.send("GET", path, { headers: { range: "bytes=10-" } });
    expect(beyond.status).to.equal(416);
    expect(beyond.body).to.include({ code: "InvalidRange" });
    const head = await api.send("HEAD", path);
    expect(head.status).to.equal(200);
    expect(head.headers.get("content-length")).to.equal("10");
    expect(head.body).to.equal("");
  });

  it("download what could be a page as a file that runs nothing", async () => {
    const bucket = await makeBucket(api);
    const types = {
      "text/html": "application/octet-stream",
      "image/svg+xml": "application/octet-stream",
      "application/xhtml+xml": "application/octet-stream",
      "text/javascript": "application/octet-stream",
      "text/html; charset=utf-8": "application/octet-stream",
      "image/png": "image/png",
      "text/plain": "text/plain; charset=utf-8",
    };
    for (const [ContentType, shown] of Object.entries(types)) {
      await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "x.html", Body: "<script>", ContentType }));
      const { headers } = await api.send("GET", `/s3/buckets/${bucket}/objects/x.html`);
      expect(headers.get("content-type")).to.equal(shown);
      expect(headers.get("content-security-policy")).to.equal("sandbox; default-src 'none'");
      expect(headers.get("x-content-type-options")).to.equal("nosniff");
      expect(headers.get("content-disposition")).to.match(/^attachment; filename="x\.html"/);
    }
  });

  it("name the file after the key's last part, whatever its letters", async () => {
    const bucket = await makeBucket(api);
    const Key = 'a/b "ü"\r\n.txt';
    await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
    const { status, headers } = await api.send("GET", `/s3/buckets/${bucket}/objects/${encodeURIComponent(Key)}`);
    expect(status).to.equal(200);
    expect(headers.get("content-disposition")).to.equal(
      `attachment; filename="b ______.txt"; filename*=UTF-8''b%20%22%C3%BC%22%0D%0A.txt`.replace("______", "_____"),
    );
  });

  it("take keys with slashes at both ends, empty and dotted segments, encoded or as they are", async () => {
    const bucket = await makeBucket(api);
    for (const Key of ["/lead", "trail/", "a//b", "../../etc/passwd", "./x", "a/../b", "presign", "a/presign", "%2F"]) {
      await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `of ${Key}` }));
      const encoded = `/s3/buckets/${bucket}/objects/${encodeURIComponent(Key)}`;
      const asIs = `/s3/buckets/${bucket}/objects/${Key.replaceAll("%", "%25")}`;
      for (const path of [encoded, asIs]) {
        expect((await sendRaw(api.aws.endpoint, path, auth(api))).body, path).to.equal(`of ${Key}`);
      }
      expect((await sendRaw(api.aws.endpoint, encoded, { ...auth(api), method: "DELETE" })).status).to.equal(204);
    }
    const { Contents } = await api.aws.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents).to.equal(undefined);
  });

  it("refuse a path with a broken escape with 400, and an object that is not there with NoSuchKey 404", async () => {
    const bucket = await makeBucket(api);
    const broken = await sendRaw(api.aws.endpoint, `/s3/buckets/${bucket}/objects/%zz`, auth(api));
    expect(broken.status).to.equal(400);
    const missing = await api.send("GET", `/s3/buckets/${bucket}/objects/none`);
    expect(missing.status).to.equal(404);
    expect(missing.body).to.include({ code: "NoSuchKey", title: "Not Found" });
  });

  it("describe an object with its metadata and tags", async () => {
    const bucket = await makeBucket(api);
    const put = {
      Bucket: bucket,
      Key: "k",
      Body: "x",
      ContentType: "text/csv",
      Metadata: { owner: "me" },
      Tagging: "a=b",
    };
    await api.aws.s3.send(new PutObjectCommand(put));
    const { body } = await api.send("GET", `/s3/buckets/${bucket}/metadata?key=k`);
    expect(body).to.deep.include({
      key: "k",
      size: 1,
      content_type: "text/csv",
      metadata: { owner: "me" },
      tags: { a: "b" },
    });
    expect((await api.send("GET", `/s3/buckets/${bucket}/metadata?key=none`)).status).to.equal(404);
    expect((await api.send("GET", `/s3/buckets/${bucket}/metadata`)).status).to.equal(422);
  });

  it("delete many at once", async () => {
    const bucket = await makeBucket(api);
    for (const Key of ["a", "b", "c"]) await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "x" }));
    const path = `/s3/buckets/${bucket}/delete-objects`;
    const { body } = await api.send<{ deleted: string[]; errors: object[] }>("POST", path, {
      json: { keys: ["a", "c"] },
    });
    expect(body.deleted).to.have.members(["a", "c"]);
    expect(body.errors).to.deep.equal([]);
    expect((await list(api, bucket)).body.objects.map(({ key }) => key)).to.deep.equal(["b"]);
    expect((await api.send("POST", path, { json: { keys: [] } })).status).to.equal(422);
  });
});

describe("json-api presigned links", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("let whoever has them read the object, as a file or shown, without a token", async () => {
    const bucket = await makeBucket(api);
    const Key = "a b/ü+'()*!~.txt";
    await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: "hello" }));
    const path = `/s3/buckets/${bucket}/objects/${encodeURIComponent(Key)}/presign`;
    for (const disposition of ["attachment", "inline", undefined]) {
      const { status, body } = await api.send("POST", path, { json: { expires_in: 60, disposition } });
      expect(status).to.equal(200);
      const answer = await fetch(String(body.url));
      expect(answer.status).to.equal(200);
      expect(await answer.text()).to.equal("hello");
      expect(answer.headers.get("content-disposition")).to.equal(disposition ?? null);
      expect(Date.parse(String(body.expires_at))).to.be.within(Date.now() + 50_000, Date.now() + 61_000);
    }
  });

  it("let it be written where they are for PUT, and for nothing else", async () => {
    const bucket = await makeBucket(api);
    const path = `/s3/buckets/${bucket}/objects/new/presign`;
    const { body } = await api.send("POST", path, { json: { method: "PUT" } });
    const url = String(body.url);
    expect((await fetch(url, { method: "PUT", body: "written" })).status).to.equal(200);
    expect((await api.send("GET", `/s3/buckets/${bucket}/objects/new`)).body).to.equal("written");
    expect((await fetch(url)).status).to.equal(403);
    expect((await fetch(url.replace("/new?", "/other?"), { method: "PUT", body: "x" })).status).to.equal(403);
  });

  it("expire", async () => {
    const bucket = await makeBucket(api);
    await api.aws.s3.send(new PutObjectCommand({ Bucket: bucket, Key: "k", Body: "x" }));
    const path = `/s3/buckets/${bucket}/objects/k/presign`;
    const { body } = await api.send("POST", path, { json: { expires_in: 1 } });
    await eventually("the link expires", async () => (await fetch(String(body.url))).status === 403);
  });

  it("sign for a bucket's own region, and refuse a bucket that is not there and an expiry beyond a week", async () => {
    const name = "json-api-objects-paris";
    await api.send("POST", "/s3/buckets", { json: { name, region: "eu-west-3" } });
    await api.send("POST", `/s3/buckets/${name}/objects/k/presign`, { json: {} }).then(({ body }) => {
      expect(body.url).to.include("eu-west-3");
    });
    const missing = await api.send("POST", "/s3/buckets/json-api-none/objects/k/presign", { json: {} });
    expect(missing.status).to.equal(404);
    const long = await api.send("POST", `/s3/buckets/${name}/objects/k/presign`, { json: { expires_in: 604_801 } });
    expect(long.status).to.equal(422);
  });
});

describe("json-api uploads in parts", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("make one object of their parts, and keep its type", async () => {
    const bucket = await makeBucket(api);
    const begin = { key: "large file", content_type: "video/mp4" };
    const { body } = await api.send("POST", `/s3/buckets/${bucket}/uploads`, { json: begin });
    const uploads = `/s3/buckets/${bucket}/uploads/${body.upload_id}`;
    const bytes = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
    const parts = [];
    for (const [index, part] of bytes.entries()) {
      const sent = await api.send("PUT", `${uploads}/parts/${index + 1}?key=large%20file`, { body: part });
      expect(sent.status).to.equal(200);
      parts.push(sent.body);
    }
    const done = await api.send("POST", `${uploads}/complete`, { json: { key: "large file", parts } });
    expect(done.status).to.equal(200);
    const stored = await api.aws.s3.send(new GetObjectCommand({ Bucket: bucket, Key: "large file" }));
    expect(stored.ContentType).to.equal("video/mp4");
    expect(Buffer.from((await stored.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(bytes))).to.equal(true);
  });

  it("refuse an upload that is not there with NoSuchUpload 404, and a part number that is none with 422", async () => {
    const bucket = await makeBucket(api);
    const part = `/s3/buckets/${bucket}/uploads/none/parts`;
    const missing = await api.send("PUT", `${part}/1?key=k`, { body: "x" });
    expect(missing.status).to.equal(404);
    expect(missing.body).to.include({ code: "NoSuchUpload" });
    expect((await api.send("PUT", `${part}/zero?key=k`, { body: "x" })).status).to.equal(422);
  });
});

const auth = (api: JsonApi) => ({
  headers: { host: new URL(api.aws.endpoint).host, authorization: `Bearer ${api.token}` },
});

/** What is held when all garbage is gone, in bytes; buffers are outside of the heap. */
function memory(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
