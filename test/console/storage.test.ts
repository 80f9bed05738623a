import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { clipboard, drop, useConsole } from "./support/console.ts";

describe("console buckets", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole();
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "localaws-console-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const makeBucket = async (Bucket: string) => {
    await console.server.s3.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };
  const put = (Bucket: string, Key: string, Body: string | Uint8Array, ContentType?: string) =>
    console.server.s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }));

  it("creates a bucket, takes a dropped file, and gives the same bytes back", async () => {
    const bytes = randomBytes(300_000);
    await writeFile(join(folder, "some bytes ü.bin"), bytes);
    const { page } = await console.visit("/buckets");
    await page.getByRole("button", { name: "Create bucket" }).click();
    await page.getByLabel("Name").fill("dropped-files");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("link", { name: "dropped-files" }).click();
    await page.getByText("The bucket is empty").waitFor();

    await drop(page, ".drop-zone", [join(folder, "some bytes ü.bin")]);
    await page.getByRole("button", { name: "some bytes ü.bin" }).click();
    const dialog = page.getByRole("dialog", { name: "some bytes ü.bin" });
    await dialog.getByText("300,000 bytes").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(bytes.equals(await readFile(await download.path()))).to.equal(true);
    expect(download.suggestedFilename()).to.equal("some bytes ü.bin");
  });

  it("takes a dropped folder with the folders in it", async () => {
    const Bucket = await makeBucket("dropped-folders");
    await mkdir(join(folder, "site/assets/deep"), { recursive: true });
    await writeFile(join(folder, "site/index.html"), "<h1>Hello</h1>");
    await writeFile(join(folder, "site/assets/deep/a.css"), "h1 {}");
    const { page } = await console.visit(`/buckets/${Bucket}`);
    await page.getByText("The bucket is empty").waitFor();
    await drop(page, ".drop-zone", [join(folder, "site")]);
    await page.getByText("Uploaded 2 files").waitFor();
    const { Contents = [] } = await console.server.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).to.deep.equal(["site/assets/deep/a.css", "site/index.html"]);
    const { Body, ContentType } = await console.server.s3.send(
      new GetObjectCommand({ Bucket, Key: "site/assets/deep/a.css" }),
    );
    expect(await Body?.transformToString()).to.equal("h1 {}");
    expect(ContentType).to.equal("text/css");
    await page.getByRole("link", { name: "site/" }).click();
    await page.getByRole("link", { name: "assets/" }).click();
    await page.getByRole("navigation", { name: "Folders" }).getByRole("link", { name: "site" }).click();
    await page.getByRole("button", { name: "index.html" }).waitFor();
  });

  it("sends a large file in parts, whole", async () => {
    const Bucket = await makeBucket("large-files");
    const bytes = Buffer.alloc(40 * 1024 * 1024, randomBytes(1024 * 1024 + 1));
    await writeFile(join(folder, "large.bin"), bytes);
    const { page } = await console.visit(`/buckets/${Bucket}`);
    await page.getByText("The bucket is empty").waitFor();
    await drop(page, ".drop-zone", [join(folder, "large.bin")]);
    await page.getByText("Uploaded 1 file").waitFor();
    const { Body, ETag } = await console.server.s3.send(new GetObjectCommand({ Bucket, Key: "large.bin" }));
    const stored = await Body?.transformToByteArray();
    expect(stored !== undefined && bytes.equals(stored)).to.equal(true);
    expect(ETag).to.match(/-3"$/);
  });

  it("cancels an upload, and leaves nothing of it", async () => {
    const Bucket = await makeBucket("cancelled-files");
    await writeFile(join(folder, "cancelled.bin"), Buffer.alloc(200 * 1024 * 1024));
    const { page, context } = await console.visit(`/buckets/${Bucket}`);
    await page.getByText("The bucket is empty").waitFor();
    const session = await context.newCDPSession(page);
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 2 * 1024 * 1024 };
    await session.send("Network.emulateNetworkConditions", slow);
    await drop(page, ".drop-zone", [join(folder, "cancelled.bin")]);
    await page.getByRole("progressbar", { name: "cancelled.bin" }).waitFor();
    await page.getByRole("button", { name: "Cancel the upload of cancelled.bin" }).click();
    await page.getByRole("region", { name: "Uploads" }).getByText("cancelled", { exact: true }).waitFor();
    const { KeyCount } = await console.server.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(KeyCount).to.equal(0);
    await eventually("its parts are given up", async () => {
      const { Uploads = [] } = await console.server.s3.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.length === 0;
    });
  });

  it("shows JSON, text, images and videos, and runs nothing of a page", async () => {
    const Bucket = await makeBucket("previews");
    await put(Bucket, "data.json", '{"deep":{"value":1}}', "application/json");
    await put(Bucket, "page.html", "<script>window.ran = true</script><p>source</p>", "text/html");
    const script =
      '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><script>parent.ran = true</script></svg>';
    await put(Bucket, "image.svg", script, "image/svg+xml");
    await put(Bucket, "clip.webm", "no video at all", "video/webm");
    const { page, errors } = await console.visit(`/buckets/${Bucket}`);
    const look = async (name: string) => {
      await page.getByRole("button", { name }).click();
      return page.getByRole("dialog", { name });
    };
    await (await look("data.json")).getByText('    "value": 1').waitFor();
    await page.keyboard.press("Escape");
    await (await look("page.html")).getByText("<script>window.ran = true</script>").waitFor();
    await page.keyboard.press("Escape");
    const image = (await look("image.svg")).getByRole("img", { name: "Preview of image.svg" });
    await image.waitFor();
    await eventually("the image is shown", () =>
      image.evaluate((element) => Reflect.get(element, "naturalWidth") === 30),
    );
    await page.keyboard.press("Escape");
    const player = (await look("clip.webm")).locator("video[controls]");
    await eventually("the video is asked for, and is none", () =>
      player.evaluate((element) => Reflect.get(element, "error") !== null),
    );
    expect(await player.getAttribute("src")).to.contain("clip.webm?");
    expect(await page.evaluate("window.ran")).to.equal(undefined);
    expect(errors).to.deep.equal([]);
  });

  it("makes a presigned link that works without a session", async () => {
    const Bucket = await makeBucket("linked");
    await put(Bucket, "a b/ü+&.txt", "through a link", "text/plain");
    const { page } = await console.visit(`/buckets/${Bucket}?prefix=${encodeURIComponent("a b/")}`);
    await page.getByRole("button", { name: "ü+&.txt" }).click();
    await page.getByLabel("Presigned link, good for").selectOption("5 minutes");
    await page.getByRole("button", { name: "Make link" }).click();
    await page.getByRole("button", { name: "Copy the link" }).click();
    await page.getByText("Copied the link.").waitFor();
    const response = await fetch(await clipboard(page));
    expect(await response.text()).to.equal("through a link");
  });

  it("deletes folders with all that is in them, and other objects, at once", async () => {
    const Bucket = await makeBucket("deletions");
    for (const key of ["keep.txt", "drop.txt", "logs/1", "logs/2", "logs/old/3"]) await put(Bucket, key, "x");
    const { page } = await console.visit(`/buckets/${Bucket}`);
    await page.getByRole("checkbox", { name: "Select logs/" }).check();
    await page.getByRole("checkbox", { name: "Select drop.txt" }).check();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 2 items?" });
    await dialog.getByText("Folders are deleted with everything in them.").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("checkbox", { name: "Select logs/" }).waitFor({ state: "detached" });
    const { Contents = [] } = await console.server.s3.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents.map(({ Key }) => Key)).to.deep.equal(["keep.txt"]);
  });

  it("says in AWS's words that a bucket is not empty", async () => {
    const Bucket = await makeBucket("not-empty");
    await put(Bucket, "key", "x");
    const { page } = await console.visit("/buckets");
    await page.getByRole("checkbox", { name: "Select not-empty" }).check();
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete 1 bucket?" });
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("alert").getByText("BucketNotEmpty").waitFor();
  });
});
