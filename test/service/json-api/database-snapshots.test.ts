import { DescribeDBSnapshotsCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface SnapshotList {
  db_snapshots: { id: string; db_instance_id: string; status: string; tags: Record<string, string> }[];
}

describe("json-api snapshots of databases", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
    for (const id of ["kept", "other"]) {
      await api.send("POST", "/rds/db-instances", { json: { id, username: "app", class: "db.t3.small" } });
      await available(id);
    }
  });
  after(() => api.stop());

  const available = (id: string) =>
    eventually(`${id} is available`, async () => {
      const { body } = await api.send("GET", `/rds/db-instances/${id}`);
      return body.status === "available" && body;
    });
  const take = (id: string, of = "kept") =>
    api.send("POST", "/rds/db-snapshots", { json: { id, db_instance_id: of, tags: { a: "b" } } });
  const taken = async (id: string, of = "kept") => {
    expect((await take(id, of)).status).to.equal(201);
    await eventually(`${id} is available`, async () => {
      const { body } = await api.send<SnapshotList>("GET", "/rds/db-snapshots");
      return body.db_snapshots.some((found) => found.id === id && found.status === "available");
    });
    await available(of);
  };

  it("are taken as AWS's clients see them, and listed by their database", async () => {
    await taken("first");
    await taken("of-the-other", "other");
    const { body } = await api.send<SnapshotList>("GET", "/rds/db-snapshots?db_instance_id=kept");
    const [, automated] = body.db_snapshots.map(({ id }) => id);
    expect(body.db_snapshots.map(({ id }) => id)).to.deep.equal(["first", automated]);
    expect(automated).to.match(/^rds:kept-/);
    expect(body.db_snapshots[0]).to.deep.include({ db_instance_id: "kept", tags: { a: "b" } });
    const { DBSnapshots } = await api.aws.rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: "first" }));
    expect(DBSnapshots?.[0]).to.include({ DBInstanceIdentifier: "kept", MasterUsername: "app" });
  });

  it("are restored to a new database, which is as the old one was", async () => {
    await taken("to-restore");
    const restore = (id: string, json: object) =>
      api.send("POST", `/rds/db-snapshots/to-restore/restore`, { json: { db_instance_id: id, ...json } });
    expect((await restore("restored", {})).status).to.equal(201);
    expect(await available("restored")).to.include({ username: "app", class: "db.t3.small" });
    expect((await restore("larger", { class: "db.t3.large" })).body).to.include({ class: "db.t3.large" });
    const again = await restore("restored", {});
    expect(again.status).to.equal(409);
    expect(again.body).to.include({ code: "DBInstanceAlreadyExists" });
  });

  it("are deleted, once", async () => {
    await taken("to-delete");
    expect((await api.send("DELETE", "/rds/db-snapshots/to-delete")).status).to.equal(204);
    const again = await api.send("DELETE", "/rds/db-snapshots/to-delete");
    expect(again.status).to.equal(404);
    expect(again.body.code).to.match(/^DBSnapshotNotFound/);
  });

  it("refuse a name that is taken, a database that is not there, and one that is stopped", async () => {
    await taken("twice");
    expect((await take("twice")).status).to.equal(409);
    expect((await take("of-nothing", "nothing")).status).to.equal(404);
    await api.send("POST", "/rds/db-instances", { json: { id: "stopped" } });
    await available("stopped");
    await api.send("POST", "/rds/db-instances/stopped/stop");
    await eventually("the database is stopped", async () => {
      const { body } = await api.send("GET", "/rds/db-instances/stopped");
      return body.status === "stopped";
    });
    const refused = await take("of-a-stopped", "stopped");
    expect(refused.status).to.equal(409);
    expect(refused.body).to.include({ code: "InvalidDBInstanceState" });
  });
});
