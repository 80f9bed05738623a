import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { type Browser, chromium } from "playwright-core";
import { requires } from "../../support/requirements.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

const switches =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";

describe("json-api in a browser", function () {
  this.timeout(180_000);
  requires("chromium");
  let api: JsonApi;
  let browser: Browser;
  before(async () => {
    api = await startJsonApi();
    const executablePath = process.env.LOCALAWS_TEST_CHROMIUM ?? "/usr/bin/chromium";
    browser = await chromium.launch({ executablePath, args: switches.split(" ") });
  });
  after(async () => {
    await browser?.close();
    await api?.stop();
  });

  it("shows every route in the Swagger UI, with nothing from elsewhere and nothing that its policy forbids", async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    const asked = new Set<string>();
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("request", (request) => asked.add(new URL(request.url()).origin));
    await page.goto(`${api.aws.endpoint}/docs`);
    await page.waitForSelector(".opblock");
    const operations = Object.values(api.document.paths).flatMap((path) => Object.keys(path));
    expect(await page.locator(".opblock").count()).to.equal(operations.length);
    expect([...asked].filter((origin) => origin !== "null")).to.deep.equal([api.aws.endpoint]);
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it("keeps a stored page from this origin's storage and from the API", async () => {
    await api.aws.s3.send(new CreateBucketCommand({ Bucket: "browser" }));
    const script = `
      const seen = [self.origin];
      try { seen.push(localStorage.length); } catch (error) { seen.push(error.name); }
      fetch("/docs/openapi.json").then(({ status }) => seen.push(status), (error) => seen.push(error.name))
        .finally(() => { document.title = seen.join(" "); });`;
    const page = { Bucket: "browser", Key: "page.html", Body: `<script>${script}</script>`, ContentType: "text/html" };
    await api.aws.s3.send(new PutObjectCommand(page));
    const { body } = await api.send("POST", "/s3/buckets/browser/objects/page.html/presign", { json: {} });
    const opened = await browser.newPage();
    await opened.goto(String(body.url));
    await opened.waitForFunction("document.title !== ''");
    expect(await opened.title()).to.equal("null SecurityError TypeError");
    await opened.close();
  });
});
