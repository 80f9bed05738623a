import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import {
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutPublicAccessBlockCommand,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put } from "./s3-support.ts";

interface Page {
  readonly status: number | undefined;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

describe("s3 websites", () => {
  let aws: TestServer;
  let bucket: string;
  before(async () => {
    aws = await startLocalAws();
    bucket = await publicBucket();
    for (const [key, body] of [
      ["index.html", "<p>home</p>"],
      ["docs/index.html", "<p>docs</p>"],
      ["a page.html", "<p>page</p>"],
      ["oops.html", "<p>oops</p>"],
    ] as const) {
      await put(aws, bucket, key, { Body: body, ContentType: "text/html" });
    }
    await put(aws, bucket, "moved", { WebsiteRedirectLocation: "/docs/" });
  });
  after(() => aws.stop());

  async function publicBucket(actions = ["s3:GetObject"], list = true): Promise<string> {
    const Bucket = await newBucket(aws);
    const open = { BlockPublicPolicy: false, RestrictPublicBuckets: false };
    await aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: open }));
    const Statement = [
      { Effect: "Allow", Principal: "*", Action: actions, Resource: `arn:aws:s3:::${Bucket}/*` },
      ...(list
        ? [{ Effect: "Allow", Principal: "*", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` }]
        : []),
    ];
    await aws.s3.send(
      new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }),
    );
    return Bucket;
  }

  const configure = (WebsiteConfiguration: WebsiteConfiguration, Bucket = bucket) =>
    aws.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));

  const IndexDocument = { Suffix: "index.html" };

  /** Fetch sends no Host of one's own. */
  function visit(path: string, { host = `${bucket}.s3-website.localhost:4566`, method = "GET", headers = {} } = {}) {
    const { hostname, port } = new URL(aws.endpoint);
    return new Promise<Page>((resolve, reject) => {
      const sent = httpRequest({ hostname, port, path, method, headers: { host, accept: "text/html", ...headers } });
      sent.on("response", async (answer) => {
        resolve({ status: answer.statusCode, headers: answer.headers, body: await text(answer) });
      });
      sent.on("error", reject).end();
    });
  }

  it("show the index document of the root and of folders, and pages by their names, at every form of the host", async () => {
    await configure({ IndexDocument });
    expect(await visit("/")).to.deep.include({ status: 200, body: "<p>home</p>" });
    expect((await visit("/docs/")).body).to.equal("<p>docs</p>");
    const page = await visit("/a%20page.html?query=is+not+looked+at");
    expect([page.body, page.headers["content-type"]]).to.deep.equal(["<p>page</p>", "text/html"]);
    for (const end of [
      "s3-website-us-east-1.amazonaws.com",
      "s3-website.eu-west-1.amazonaws.com",
      "s3-website.localhost.localstack.cloud:4566",
    ]) {
      expect((await visit("/", { host: `${bucket}.${end}` })).body, end).to.equal("<p>home</p>");
    }
    const head = await visit("/", { method: "HEAD" });
    expect([head.status, head.headers["content-length"], head.body]).to.deep.equal([200, "11", ""]);
    const { etag } = page.headers;
    expect((await visit("/a%20page.html", { headers: { "if-none-match": etag } })).status).to.equal(304);
    expect((await visit("/", { headers: { range: "bytes=0-2" } })).body).to.equal("<p>");
  });

  it("lead to a folder without its slash, and where an object says", async () => {
    await configure({ IndexDocument });
    const folder = await visit("/docs");
    expect([folder.status, folder.headers.location]).to.deep.equal([302, "/docs/"]);
    expect(folder.headers).to.include({ "x-amz-error-code": "Found", "content-type": "text/html; charset=utf-8" });
    expect(folder.body).to.include("<li>Code: Found</li>");
    const moved = await visit("/moved");
    expect([moved.status, moved.headers.location]).to.deep.equal([301, "/docs/"]);
  });

  it("answer errors as a page, with the error document where there is one", async () => {
    await configure({ IndexDocument });
    const plain = await visit("/none<x>");
    expect(plain.status).to.equal(404);
    expect(plain.headers["x-amz-error-code"]).to.equal("NoSuchKey");
    expect(plain.headers["content-type"]).to.equal("text/html; charset=utf-8");
    expect(plain.body).to.include("<title>404 Not Found</title>");
    expect(plain.body).to.include("<li>Key: none&lt;x&gt;</li>");
    await configure({ IndexDocument, ErrorDocument: { Key: "oops.html" } });
    const shown = await visit("/none");
    expect(shown).to.deep.include({ status: 404, body: "<p>oops</p>" });
    expect(shown.headers).to.include({ "x-amz-error-code": "NoSuchKey", "x-amz-error-detail-key": "none" });
    await configure({ IndexDocument, ErrorDocument: { Key: "no-oops.html" } });
    expect((await visit("/none")).body).to.include("An Error Occurred While Attempting to Retrieve a Custom Error");
    const posted = await visit("/", { method: "POST" });
    expect([posted.status, posted.headers.allow]).to.deep.equal([405, "GET, HEAD, OPTIONS"]);
  });

  it("show nobody what the bucket does not let them read", async () => {
    const closed = await newBucket(aws);
    await put(aws, closed, "index.html");
    await configure({ IndexDocument }, closed);
    const host = (name: string) => ({ host: `${name}.s3-website.localhost` });
    const refused = await visit("/", host(closed));
    expect([refused.status, refused.headers["x-amz-error-code"]]).to.deep.equal([403, "AccessDenied"]);
    const unlisted = await publicBucket(["s3:GetObject"], false);
    await configure({ IndexDocument }, unlisted);
    expect((await visit("/none", host(unlisted))).status).to.equal(403);
    const bare = await visit("/", host(await newBucket(aws)));
    expect([bare.status, bare.headers["x-amz-error-code"]]).to.deep.equal([404, "NoSuchWebsiteConfiguration"]);
    expect((await visit("/", host("no-such-bucket"))).headers["x-amz-error-code"]).to.equal("NoSuchBucket");
  });

  it("redirect all requests, or those that routing rules name", async () => {
    await configure({ RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } });
    const all = await visit("/some/page?x=1");
    expect([all.status, all.headers.location]).to.deep.equal([301, "https://example.com/some/page?x=1"]);
    await configure({
      IndexDocument,
      RoutingRules: [
        {
          Condition: { KeyPrefixEquals: "old/" },
          Redirect: { ReplaceKeyPrefixWith: "docs/", HttpRedirectCode: "302" },
        },
        {
          Condition: { HttpErrorCodeReturnedEquals: "404", KeyPrefixEquals: "lost/" },
          Redirect: { ReplaceKeyWith: "a page.html", HostName: "elsewhere.example" },
        },
      ],
    });
    const old = await visit("/old/index.html?x=%2F&x=a+b");
    const own = `http://${bucket}.s3-website.localhost:4566`;
    expect([old.status, old.headers.location]).to.deep.equal([302, `${own}/docs/index.html?x=%2F&x=a+b`]);
    const lost = await visit("/lost/1");
    expect([lost.status, lost.headers.location]).to.deep.equal([301, "http://elsewhere.example/a%20page.html"]);
    expect((await visit("/none")).status).to.equal(404);
  });

  it("have every path, those of LocalAWS's own pages too, and no other host's", async () => {
    await configure({ IndexDocument });
    await put(aws, bucket, "console/index.html", { Body: "own", ContentType: "text/html" });
    expect((await visit("/console/")).body).to.equal("own");
    expect((await visit("/console/", { host: `${bucket}.s3.localhost` })).status).to.equal(404);
    expect((await visit("/auth/login")).status).to.equal(404);
  });
});
