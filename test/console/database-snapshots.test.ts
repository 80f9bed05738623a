import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  waitUntilDBInstanceAvailable,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { requires } from "../support/requirements.ts";
import { clipboard, useConsole } from "./support/console.ts";

describe("console snapshots of databases", function () {
  this.timeout(240_000);
  requires("chromium");
  const console = useConsole({ runtime: "embedded" });

  const makeDatabase = async (DBInstanceIdentifier: string, BackupRetentionPeriod = 0) => {
    const { rds } = console.server;
    await rds.send(
      new CreateDBInstanceCommand({
        ...{ DBInstanceIdentifier, Engine: "postgres", DBInstanceClass: "db.t3.micro", AllocatedStorage: 20 },
        ...{ MasterUsername: "shop", MasterUserPassword: "correct-horse" },
        // Automated backups are snapshots, too.
        BackupRetentionPeriod,
      }),
    );
    const { DBInstances: [made] = [] } = await waitUntilDBInstanceAvailable(
      { client: rds, minDelay: 1, maxDelay: 1, maxWaitTime: 120 },
      { DBInstanceIdentifier },
    ).then(({ reason }) => reason as { DBInstances?: { Endpoint?: { Address?: string; Port?: number } }[] });
    const { Address: host, Port: port } = made?.Endpoint ?? {};
    return `postgresql://shop:correct-horse@${host}:${port}/postgres`;
  };
  const query = async (connectionString: string, text: string) => {
    const client = new pg.Client({ connectionString });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  };

  it("takes one, changes the data, restores what was, and deletes it", async () => {
    await query(await makeDatabase("orders"), "create table fruit as select 'pear' as name");
    const { page } = await console.visit("/databases/orders?tab=snapshots");
    await page.getByText("No snapshots yet").waitFor();
    await page.getByRole("button", { name: "Take snapshot" }).click();
    const taking = page.getByRole("dialog", { name: "Take a snapshot of orders" });
    await taking.getByLabel("Snapshot identifier").fill("with-a-pear");
    await taking.getByRole("button", { name: "Take snapshot" }).click();
    const row = page.getByRole("row").filter({ hasText: "with-a-pear" });
    await row.getByText("available").waitFor({ timeout: 60_000 });

    await row.getByRole("button", { name: "Restore with-a-pear" }).click();
    const restoring = page.getByRole("dialog", { name: "Restore with-a-pear" });
    await restoring.getByLabel("Identifier of the new database").fill("orders-again");
    await restoring.getByRole("button", { name: "Restore" }).click();
    await page.getByRole("heading", { level: 1, name: "orders-again" }).waitFor();
    await page.locator(".page-head").getByText("available").waitFor({ timeout: 60_000 });
    await page.getByRole("button", { name: "Copy the URL" }).click();
    await page.getByText("Copied the URL.").waitFor();
    const url = (await clipboard(page)).replace("shop@", "shop:correct-horse@");
    expect(await query(url, "table fruit")).to.deep.equal([{ name: "pear" }]);

    await page.getByRole("link", { name: "Database snapshots" }).click();
    await row.getByRole("link", { name: "orders" }).waitFor();
    await row.getByRole("button", { name: "Delete with-a-pear" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "No snapshots yet" }).waitFor();
    expect((await console.server.rds.send(new DescribeDBSnapshotsCommand({}))).DBSnapshots).to.deep.equal([]);
  });

  it("shows one that a client of AWS's takes, and what AWS says of a name that is taken", async () => {
    await makeDatabase("watched");
    const { page } = await console.visit("/databases/watched?tab=snapshots");
    await page.getByText("No snapshots yet").waitFor();
    const command = { DBInstanceIdentifier: "watched", DBSnapshotIdentifier: "by-a-client" };
    await console.server.rds.send(new CreateDBSnapshotCommand(command));
    const row = page.getByRole("row").filter({ hasText: "by-a-client" });
    await row.getByText("available").waitFor({ timeout: 60_000 });
    await page.locator(".page-head").getByText("available").waitFor();
    await page.getByRole("button", { name: "Take snapshot" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Snapshot identifier").fill("by-a-client");
    await dialog.getByRole("button", { name: "Take snapshot" }).click();
    await dialog.getByRole("alert").getByText("DBSnapshotAlreadyExists").waitFor();
  });

  it("says of automated ones that they are, and offers no deletion", async () => {
    await makeDatabase("backed-up", 1);
    const { page } = await console.visit("/databases/backed-up?tab=snapshots");
    const row = page.getByRole("row").filter({ hasText: "rds:backed-up-" });
    await row.getByText("automated", { exact: true }).waitFor({ timeout: 60_000 });
    await row.getByRole("button", { name: /^Restore / }).waitFor();
    expect(await row.getByRole("button", { name: /^Delete / }).count()).to.equal(0);
  });
});
