import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import type { Page } from "playwright-core";
import { createCluster, createMember } from "../service/rds/db-clusters.ts";
import { untilGone } from "../service/rds/db-instances.ts";
import { requires } from "../support/requirements.ts";
import { clipboard, useConsole } from "./support/console.ts";

async function create(page: Page, id: string, password?: string): Promise<void> {
  await page.getByRole("button", { name: "Create database" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a database" });
  await dialog.getByLabel("Identifier").fill(id);
  if (password !== undefined) await dialog.getByLabel("Password").fill(password);
  await dialog.getByRole("button", { name: "Create" }).click();
}

const copy = async (page: Page, what: string) => {
  await page.getByRole("button", { name: `Copy ${what}` }).click();
  await page.getByText(`Copied ${what}.`).waitFor();
  return clipboard(page);
};

describe("console databases", function () {
  this.timeout(240_000);
  requires("chromium");
  const console = useConsole({ runtime: "embedded" });

  it("creates a database whose copied URL connects, stops it, and deletes it by name", async () => {
    const { page } = await console.visit("/databases");
    await create(page, "journey", "it's:p4ss$w&rd?#100%");
    await page.locator(".page-head").getByText("available").waitFor({ timeout: 60_000 });
    const client = new pg.Client({ connectionString: await copy(page, "the URL") });
    await client.connect();
    const { rows } = await client.query("select current_user as me, 6 * 7 as answer");
    expect(rows).to.deep.equal([{ me: "postgres", answer: 42 }]);
    await client.end();

    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".page-head").getByText("stopped", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.locator(".page-head").getByText("available", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this database?" });
    await dialog.getByText("journey").waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByText("There is no database journey.").or(page.getByText("No databases yet")).first().waitFor();
    const { DBInstances } = await console.server.rds.send(new DescribeDBInstancesCommand({}));
    expect(DBInstances).to.deep.equal([]);
  });

  it("shows a cluster's member with its cluster, without what only the cluster can do", async () => {
    const { rds } = console.server;
    const cluster = await createCluster(rds);
    const { DBInstanceIdentifier: id } = await createMember(rds, cluster.DBClusterIdentifier);
    const { page } = await console.visit(`/databases/${id}`);
    await page.getByText(cluster.DBClusterIdentifier, { exact: true }).waitFor();
    await page.getByRole("button", { name: "Reboot" }).waitFor();
    for (const name of ["Start", "Stop"]) expect(await page.getByRole("button", { name }).count()).to.equal(0);
    expect(await page.getByRole("tab", { name: "Snapshots" }).count()).to.equal(0);
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this database?" });
    await dialog.getByText(`The data are those of the cluster ${cluster.DBClusterIdentifier}`).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await untilGone(rds, id);
  });

  it("runs SQL and shows its results as tables, its errors in PostgreSQL's words, and the server's log", async () => {
    const { page } = await console.visit("/databases");
    await create(page, "asked");
    await page.locator(".page-head").getByText("available").waitFor({ timeout: 60_000 });
    await page.getByRole("tab", { name: "SQL" }).click();
    const statements = page.getByLabel("Statements");
    await statements.fill("create table fruit (name text); insert into fruit values ('pear'), (null); table fruit");
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("cell", { name: "pear" }).waitFor();
    await page.getByText("INSERT · 2 rows").waitFor();
    expect(await page.getByRole("columnheader").allInnerTexts()).to.deep.equal(["name"]);
    await statements.fill("select * from vegetables");
    await statements.press("Control+Enter");
    await page.getByText('relation "vegetables" does not exist').waitFor();
    await page.getByRole("tab", { name: "Log" }).click();
    await page.getByText(/ERROR: +relation "vegetables" does not exist/).waitFor();
  });

  it("makes up a password, forgets it when the page is loaded anew, and sets another or takes it from the SQL pane", async () => {
    const { page } = await console.visit("/databases");
    await create(page, "made-up");
    await page.locator(".page-head").getByText("available").waitFor({ timeout: 60_000 });
    const password = await copy(page, "the password");
    expect(await copy(page, "the psql command")).to.contain(`:${password}@`);
    const lines = await copy(page, "the environment lines");
    expect(lines).to.contain(`PGPASSWORD=${password}\n`);
    expect(lines).to.match(/^PGHOST=localhost$/m);
    await page.reload();
    await page.getByText("LocalAWS keeps no passwords").waitFor();
    expect(await page.content()).to.not.contain(password);
    await page.getByText(/^postgresql:\/\/postgres@/).waitFor();

    await page.getByRole("button", { name: "Set password" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Set" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.locator(".page-head").getByText("available", { exact: true }).waitFor({ timeout: 60_000 });
    const client = new pg.Client({ connectionString: await copy(page, "the URL") });
    await client.connect();
    await client.end();
    const known = await copy(page, "the password");
    expect(known).to.not.equal(password);

    await page.reload();
    await page.getByText("LocalAWS keeps no passwords").waitFor();
    await page.getByRole("tab", { name: "SQL" }).click();
    await page.getByLabel("Password of postgres").fill(known);
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByRole("columnheader", { name: "current_user" }).waitFor();
    await page.getByRole("tab", { name: "Details" }).click();
    expect(await copy(page, "the URL")).to.contain(`:${known}@`);
  });

  it("says in AWS's words what is wrong with a new database", async () => {
    const { page } = await console.visit("/databases");
    await create(page, "short-password", "short");
    const dialog = page.getByRole("dialog", { name: "Create a database" });
    await dialog.getByRole("alert").getByText("InvalidParameterValue").waitFor();
  });
});
