import { readFile } from "node:fs/promises";
import { CreateBucketCommand, GetBucketPolicyCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { requires } from "../support/requirements.ts";
import { useConsole } from "./support/console.ts";

describe("console versions and policies", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole();

  const make = async (Bucket: string) => {
    await console.server.s3.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };
  const put = (Bucket: string, Key: string, Body: string) =>
    console.server.s3.send(new PutObjectCommand({ Bucket, Key, Body }));

  it("turns versioning on, downloads, restores and deletes versions, and undoes a deletion", async () => {
    const Bucket = await make("versioned");
    const { page } = await console.visit(`/buckets/${Bucket}`);
    await page.getByRole("tab", { name: "Versions" }).click();
    await page.getByRole("button", { name: "Turn versioning on" }).click();
    await page.getByText("Versioning is on: ").waitFor();
    const { VersionId: first = "" } = await put(Bucket, "a/notes.txt", "first");
    const { VersionId: second = "" } = await put(Bucket, "a/notes.txt", "second");
    const version = (id: string) => page.getByRole("row").filter({ hasText: id });
    await version(second).getByRole("cell", { name: "latest" }).waitFor();
    await version(first).getByRole("cell", { name: "earlier" }).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent("download"),
      version(first)
        .getByRole("button", { name: /^Download/ })
        .click(),
    ]);
    expect(await readFile(await download.path(), "utf8")).to.equal("first");
    await version(first)
      .getByRole("button", { name: /^Restore/ })
      .click();
    await page.getByText("a/notes.txt is again what it was.").waitFor();
    const latest = async () => {
      const { Body } = await console.server.s3.send(new GetObjectCommand({ Bucket, Key: "a/notes.txt" }));
      return Body?.transformToString();
    };
    expect(await latest()).to.equal("first");

    await version(second)
      .getByRole("button", { name: /^Delete/ })
      .click();
    const dialog = page.getByRole("dialog", { name: "Delete this version?" });
    await dialog.getByText(`a/notes.txt (${second})`).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await version(second).waitFor({ state: "detached" });

    await page.getByRole("tab", { name: "Objects" }).click();
    await page.getByRole("link", { name: "a/" }).click();
    await page.getByRole("checkbox", { name: "Select notes.txt" }).check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("There is nothing here").waitFor();
    await page.getByRole("tab", { name: "Versions" }).click();
    const marker = page.getByRole("row").filter({ hasText: "delete marker" });
    await marker.getByRole("button", { name: /^Delete/ }).click();
    await page
      .getByRole("dialog", { name: "Delete this delete marker?" })
      .getByRole("button", { name: "Delete" })
      .click();
    await marker.waitFor({ state: "detached" });
    expect(await latest()).to.equal("first");
  });

  it("saves a policy, says in AWS's words what is wrong with one, and deletes it", async () => {
    const Bucket = await make("with-policy");
    const { page } = await console.visit(`/buckets/${Bucket}?tab=policy`);
    const text = page.getByLabel("Policy document");
    await text.fill('{"Version": "2012-10-17"}');
    await page.getByRole("button", { name: "Save policy" }).click();
    await page.getByRole("alert").getByText("MalformedPolicy").waitFor();
    expect(await text.inputValue()).to.equal('{"Version": "2012-10-17"}');

    const statement = {
      Effect: "Deny",
      Principal: "*",
      Action: "s3:DeleteObject",
      Resource: `arn:aws:s3:::${Bucket}/*`,
    };
    await text.fill(JSON.stringify({ Version: "2012-10-17", Statement: [statement] }));
    await page.getByRole("button", { name: "Save policy" }).click();
    await page.getByText("Saved the policy.").waitFor();
    const { Policy = "" } = await console.server.s3.send(new GetBucketPolicyCommand({ Bucket }));
    expect(JSON.parse(Policy).Statement).to.deep.equal([statement]);

    await page.getByRole("button", { name: "Delete policy" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete the policy?" });
    await dialog.getByText(Bucket).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Insert example" }).click();
    expect(await text.inputValue()).to.contain(`arn:aws:s3:::${Bucket}/*`);
    await page.getByRole("button", { name: "Save policy" }).click();
    await page.getByRole("button", { name: "Delete policy" }).waitFor();
  });
});
