import { expect } from "chai";
import { createCluster, createMember } from "../rds/db-clusters.ts";
import { untilGone } from "../rds/db-instances.ts";
import { follow } from "./follow.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Cluster {
  readonly id: string;
  readonly endpoint: string | null;
  readonly reader_endpoint: string | null;
  readonly members: readonly { id: string; is_writer: boolean }[];
}

describe("json-api database clusters", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  it("are listed with their endpoints and members, and deleted when they have none any more", async () => {
    const feed = await follow(api, "/events");
    const { rds } = api.aws;
    const { DBClusterIdentifier: id, Endpoint, ReaderEndpoint } = await createCluster(rds);
    await feed.seen("resource", { type: "db_cluster", id, change: "created" });
    const { DBInstanceIdentifier: writer = "" } = await createMember(rds, id);
    const { DBInstanceIdentifier: reader = "" } = await createMember(rds, id);
    const { body } = await api.send<{ db_clusters: Cluster[] }>("GET", "/rds/db-clusters");
    const found = body.db_clusters.find((cluster) => cluster.id === id);
    expect(found).to.include({ endpoint: Endpoint, reader_endpoint: ReaderEndpoint, engine: "aurora-postgresql" });
    expect(found?.members).to.deep.equal([
      { id: writer, is_writer: true },
      { id: reader, is_writer: false },
    ]);

    const inUse = await api.send("DELETE", `/rds/db-clusters/${id}`);
    expect([inUse.status, inUse.body.code]).to.deep.equal([409, "InvalidDBClusterStateFault"]);
    for (const member of [reader, writer]) {
      await api.send("DELETE", `/rds/db-instances/${member}`);
      await untilGone(rds, member);
    }
    expect((await api.send("DELETE", `/rds/db-clusters/${id}`)).status).to.equal(200);
    await feed.seen("resource", { type: "db_cluster", id, change: "deleted" });
    await feed.close();
    const gone = await api.send("DELETE", `/rds/db-clusters/${id}`);
    expect([gone.status, gone.body.code]).to.deep.equal([404, "DBClusterNotFoundFault"]);
  });
});
