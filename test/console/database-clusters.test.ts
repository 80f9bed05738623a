import { createCluster, createMember } from "../service/rds/db-clusters.ts";
import { requires } from "../support/requirements.ts";
import { useConsole } from "./support/console.ts";

describe("console database clusters", function () {
  this.timeout(180_000);
  requires("chromium");
  const console = useConsole();

  it("shows endpoints and members, and deletes a cluster when AWS lets it", async () => {
    const { rds } = console.server;
    const { DBClusterIdentifier: id, Endpoint, Port } = await createCluster(rds);
    const { DBInstanceIdentifier: member } = await createMember(rds, id);
    const { page } = await console.visit("/database-clusters");
    await page.getByRole("row").filter({ hasText: id }).getByText("1 member").waitFor();
    await page.getByRole("link", { name: id }).click();
    await page.getByText(`${Endpoint}:${Port}`, { exact: true }).waitFor();
    await page.getByRole("row").filter({ hasText: member }).getByText("writer").waitFor();

    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this cluster?" });
    await dialog.getByText(id, { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByRole("alert").getByText("InvalidDBClusterStateFault").waitFor();
    await page.keyboard.press("Escape");

    await page.getByRole("link", { name: member }).click();
    await page.getByRole("link", { name: id }).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete this database?" }).getByRole("button", { name: "Delete" }).click();
    await page.getByRole("navigation").getByRole("link", { name: "Database clusters" }).click();
    await page.getByRole("row").filter({ hasText: id }).getByText("0 members").waitFor();
    await page.getByRole("row").filter({ hasText: id }).getByRole("checkbox").check();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete 1 cluster?" }).getByRole("button", { name: "Delete" }).click();
    await page.getByText("No clusters yet").waitFor();
  });
});
