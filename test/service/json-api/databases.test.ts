import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { DescribeDBInstancesCommand } from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { createCluster, createMember } from "../rds/db-clusters.ts";
import { untilGone } from "../rds/db-instances.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Database {
  id: string;
  status: string;
  endpoint: { address: string; port: number } | null;
  database: string;
  connection: { url: string; client: string; command: string; env: string[] } | null;
  tags: Record<string, string>;
  password?: string;
}

describe("json-api databases", () => {
  let api: JsonApi;
  before(async () => {
    api = await startJsonApi();
  });
  after(() => api.stop());

  const create = (json: object) => api.send<Database>("POST", "/rds/db-instances", { json });

  const inStatus = (id: string, status: string) =>
    eventually(`${id} is ${status}`, async () => {
      const { body } = await api.send<Database>("GET", `/rds/db-instances/${id}`);
      return body.status === status && body;
    });

  it("are created as AWS's clients see them, and then say how to connect", async () => {
    const json = { id: "orders", username: "app", password: "p@ss word", database: "shop", tags: { a: "b" } };
    const { status, body } = await create({ ...json, password: "secret-of-orders", class: "db.t3.small" });
    expect(status).to.equal(201);
    expect(body).to.deep.include({
      id: "orders",
      engine: "postgres",
      username: "app",
      database: "shop",
      tags: { a: "b" },
    });
    expect(body.password).to.equal("secret-of-orders");
    const { endpoint, connection } = await inStatus("orders", "available");
    expect(endpoint?.port).to.be.a("number");
    expect(connection?.url).to.equal(`postgresql://app@${endpoint?.address}:${endpoint?.port}/shop`);
    expect(connection).to.include({ client: "psql", command: `psql ${connection?.url}` });
    expect(connection?.env).to.include.members([`PGPORT=${endpoint?.port}`, "PGUSER=app", "PGDATABASE=shop"]);
    const { DBInstances } = await api.aws.rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "orders" }));
    expect(DBInstances?.[0]).to.include({ DBInstanceClass: "db.t3.small", MasterUsername: "app", DBName: "shop" });
  });

  it("of MariaDB and MySQL say how their own clients connect, with and without a database", async () => {
    await create({ id: "stock", engine: "mariadb", database: "shop" });
    const { body } = await create({ id: "bare", engine: "mysql", username: "app" });
    expect(body.database).to.equal("");
    const { endpoint, connection } = await inStatus("stock", "available");
    const { address, port } = endpoint ?? {};
    expect(connection).to.deep.equal({
      url: `mysql://admin@${address}:${port}/shop`,
      client: "mysql",
      command: `mysql --protocol=TCP -h ${address} -P ${port} -u admin -p shop`,
      env: [
        ...[`MYSQL_HOST=${address}`, `MYSQL_TCP_PORT=${port}`, "MYSQL_USER=admin", "MYSQL_DATABASE=shop"],
        `DATABASE_URL=mysql://admin@${address}:${port}/shop`,
      ],
    });
    const bare = await inStatus("bare", "available");
    expect(bare.connection?.command).to.match(/ -u app -p$/);
  });

  it("say which cluster they are a member of, and are stopped with that alone", async () => {
    const { rds } = api.aws;
    const { DBClusterIdentifier } = await createCluster(rds, { DatabaseName: "shop" });
    const { DBInstanceIdentifier: id } = await createMember(rds, DBClusterIdentifier);
    const { body } = await api.send<Database>("GET", `/rds/db-instances/${id}`);
    expect(body).to.deep.include({ cluster: DBClusterIdentifier, engine: "aurora-postgresql", database: "shop" });
    expect(body.connection?.url).to.match(/^postgresql:\/\/master@localhost:\d+\/shop$/);
    const list = await api.send<{ db_instances: Database[] }>("GET", "/rds/db-instances");
    expect(list.body.db_instances).to.deep.include(body);
    expect((await api.send("POST", `/rds/db-instances/${id}/stop`)).status).to.equal(400);
    expect((await api.send("DELETE", `/rds/db-instances/${id}`)).status).to.equal(200);
    await untilGone(rds, id);
  });

  it("say how to connect with a password that is given to them, encoded and quoted", async () => {
    await create({ id: "told", username: "app" });
    const { endpoint } = await inStatus("told", "available");
    const json = { password: "it's (p@ss): $1*~" };
    const { status, body } = await api.send<Database["connection"]>("POST", "/rds/db-instances/told/connection", {
      json,
    });
    expect(status).to.equal(200);
    const { url = "", command, env = [] } = body ?? {};
    expect(decodeURIComponent(new URL(url).password)).to.equal(json.password);
    expect(url).to.match(/^[\w:/@%.-]+$/);
    expect(command).to.equal(`psql ${url}`);
    const lines = `${env.join("\n")}\nprintf %s "$PGPASSWORD"; printf '\n%s' "$DATABASE_URL"`;
    const { stdout } = await promisify(execFile)("sh", ["-c", lines]);
    expect(stdout.split("\n")).to.deep.equal([json.password, url]);
    expect(env).to.include(`PGPORT=${endpoint?.port}`);
    const missing = await api.send("POST", "/rds/db-instances/none/connection", { json });
    expect(missing.status).to.equal(404);
    expect(missing.body.code).to.equal("DBInstanceNotFound");
  });

  it("get a new password, which is told this once, with how to connect", async () => {
    await create({ id: "renewed", password: "the-old-password" });
    await inStatus("renewed", "available");
    const set = (json: object) => api.send<Database>("POST", "/rds/db-instances/renewed/password", { json });
    const { status, body } = await set({ password: "the-new-password" });
    expect(status).to.equal(200);
    expect(body.password).to.equal("the-new-password");
    expect(body.connection?.url).to.contain(":the-new-password@");
    const again = await inStatus("renewed", "available");
    expect(JSON.stringify(again)).to.not.contain("the-new-password");
    const short = await set({ password: "short" });
    expect(short.status).to.equal(400);
    expect(short.body).to.include({ code: "InvalidParameterValue" });
    expect((await set({})).body.password).to.match(/^[\w-]{24}$/);
  });

  it("get their cluster's password, where they are members of one", async () => {
    const { rds } = api.aws;
    const { DBClusterIdentifier } = await createCluster(rds);
    const { DBInstanceIdentifier: id } = await createMember(rds, DBClusterIdentifier);
    const { status, body } = await api.send<Database>("POST", `/rds/db-instances/${id}/password`, { json: {} });
    expect(status).to.equal(200);
    expect(body.connection?.url).to.contain(`:${body.password}@`);
  });

  it("never tell a password again", async () => {
    await create({ id: "hushed", password: "secret-of-hushed" });
    await inStatus("hushed", "available");
    for (const path of ["/rds/db-instances", "/rds/db-instances/hushed", "/requests"]) {
      expect(JSON.stringify((await api.send("GET", path)).body)).to.not.include("secret-of-hushed");
    }
  });

  it("get a password made up where none is given, another each time", async () => {
    const one = await create({ id: "made-up-1" });
    const two = await create({ id: "made-up-2" });
    expect(one.body.password).to.match(/^[\w-]{24}$/);
    expect(one.body.password).to.not.equal(two.body.password);
  });

  it("stop, start, reboot and are deleted", async () => {
    await create({ id: "states" });
    await inStatus("states", "available");
    for (const [action, status] of [
      ["stop", "stopped"],
      ["start", "available"],
      ["reboot", "available"],
    ] as const) {
      expect((await api.send("POST", `/rds/db-instances/states/${action}`)).status).to.equal(200);
      await inStatus("states", status);
    }
    const early = await api.send("POST", "/rds/db-instances/states/start");
    expect(early.status).to.equal(409);
    expect(early.body).to.include({ code: "InvalidDBInstanceState" });
    expect((await api.send("DELETE", "/rds/db-instances/states")).body).to.include({ status: "deleting" });
    await eventually(
      "the database is gone",
      async () => (await api.send("GET", "/rds/db-instances/states")).status === 404,
    );
  });

  const refused: [what: string, json: object, status: number, code: string][] = [
    ["an identifier that is none", { id: "1 database" }, 400, "InvalidParameterValue"],
    ["an engine that is not there", { id: "oracle", engine: "oracle-ee" }, 400, "InvalidParameterValue"],
    ["a password that is too short", { id: "short", password: "x" }, 400, "InvalidParameterValue"],
    ["a body without id", {}, 422, "ValidationError"],
    ["storage that is no number", { id: "storage", allocated_storage: "20" }, 422, "ValidationError"],
  ];
  for (const [what, json, status, code] of refused) {
    it(`refuse ${what} with ${code} ${status}`, async () => {
      const answer = await create(json);
      expect(answer.status).to.equal(status);
      expect(answer.body).to.include({ code });
    });
  }

  it("refuse an identifier that is taken with 409", async () => {
    await create({ id: "taken" });
    const { status, body } = await create({ id: "taken" });
    expect(status).to.equal(409);
    expect(body).to.include({ code: "DBInstanceAlreadyExists" });
  });

  it("that are not there answer with DBInstanceNotFound 404", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/stop"],
    ] as const) {
      const { status, body } = await api.send(method, `/rds/db-instances/none${path}`);
      expect(status).to.equal(404);
      expect(body.code).to.match(/^DBInstanceNotFound/);
    }
  });
});
