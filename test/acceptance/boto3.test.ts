import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { onEachRuntime, ownFolder, ownLocalAws, run } from "../support/acceptance.ts";
import { query } from "../support/acceptance-database.ts";

const session = fileURLToPath(new URL("boto3_session.py", import.meta.url));

onEachRuntime("boto3", ["boto3"], (runtime) => {
  const localAws = ownLocalAws(runtime);
  const folder = ownFolder();

  /** The Python functions check for themselves what they see; what they print is JSON. */
  const python = async (step: string) =>
    JSON.parse(await run("python3", [session, step], { env: localAws.current.env, cwd: folder.path }));

  it("creates a bucket, uploads and downloads files in parts, and removes all of it", async () => {
    expect(await python("bucket")).to.deep.equal({
      keys: ["large.bin", "notes/one.txt", "notes/two.txt"],
      parts: 3,
      same: true,
      left: 0,
    });
  });

  it("runs an instance by the resource API, waits for its states, and terminates it", async () => {
    const seen = await python("instance");
    expect(seen.states).to.deep.equal(["pending", "running", "stopped", "running", "terminated"]);
    expect(seen.console).to.be.a("string");
    expect(seen.tags).to.deep.equal([{ Key: "Name", Value: "boto" }]);
  });

  it("creates a database, waits for it, and deletes it", async () => {
    const { Address: host, Port: port } = await python("create-database");
    const database = { host, port, user: "master", password: "correct-horse", database: "postgres" };
    expect(await query(database, "select 1 + 1 as sum")).to.deep.equal([{ sum: 2 }]);
    expect(await python("delete-database")).to.deep.equal({ left: 0 });
  });
});
