import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { CreateBucketCommand, GetObjectCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { requires } from "../support/requirements.ts";
import { startLocalAws } from "../support/server.ts";
import { clipboard, useConsole } from "./support/console.ts";

describe("console requests", () => {
  requires("chromium");
  const console = useConsole();

  it("lists calls as they come, filters them, and tells the code of an error", async () => {
    const { page } = await console.visit("/requests");
    await page.locator(".live-state.live").waitFor();
    await console.server.s3.send(new CreateBucketCommand({ Bucket: "watched" }));
    await console.server.ec2.send(new DescribeInstancesCommand({}));
    await console.server.s3.send(new GetObjectCommand({ Bucket: "watched", Key: "none" })).catch(() => undefined);
    await page.getByRole("row").filter({ hasText: "DescribeInstances" }).getByText("200").waitFor();
    await page.getByLabel("Filter").fill("s3 404");
    await page.getByRole("row").filter({ hasText: "GetObject" }).getByText("NoSuchKey").waitFor();
    expect(await page.getByRole("row").filter({ hasText: "DescribeInstances" }).count()).to.equal(0);
    await page.getByLabel("Filter").fill("nothing like this");
    await page.getByText("None of them matches the filter.").waitFor();
  });
});

describe("console requests as aws CLI commands", function () {
  this.timeout(180_000);
  requires("chromium", "awscli");
  const console = useConsole();

  it("copies a command that makes the same call", async () => {
    const { page } = await console.visit("/requests");
    await console.server.s3.send(new CreateBucketCommand({ Bucket: "made-again" }));
    await page.getByRole("button", { name: "Copy CreateBucket as an aws CLI command" }).click();
    await page.getByText(/^Copied CreateBucket/).waitFor();
    const command = await clipboard(page);
    const other = await startLocalAws();
    const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };
    try {
      await promisify(execFile)("sh", ["-c", `${command} --endpoint-url ${other.endpoint}`], { env });
      await other.s3.send(new HeadBucketCommand({ Bucket: "made-again" }));
    } finally {
      await other.stop();
    }
  });
});

describe("console live updates", () => {
  requires("chromium");

  it("says that the connection broke, and catches up when the server is back", async function () {
    this.timeout(180_000);
    const { launchBrowser, logIn, openWindow } = await import("./support/browser.ts");
    const first = await startLocalAws();
    const { port } = new URL(first.endpoint);
    const browser = await launchBrowser();
    let second: Awaited<ReturnType<typeof startLocalAws>> | undefined;
    try {
      const { page } = await openWindow(browser, first.endpoint);
      await logIn(page, first.endpoint, "/console/buckets");
      await page.locator(".live-state.live").waitFor();
      await first.close();
      await page.getByText("Reconnecting").waitFor();
      second = await startLocalAws({ listen: `127.0.0.1:${port}`, dataDir: first.dataDir });
      await second.s3.send(new CreateBucketCommand({ Bucket: "made-meanwhile" }));
      await page.getByRole("link", { name: "made-meanwhile" }).waitFor({ timeout: 20_000 });
      await eventually("it is live again", () => page.locator(".live-state.live").isVisible());
    } finally {
      await browser.close();
      await second?.close();
      await first.stop().catch(() => undefined);
    }
  });
});
