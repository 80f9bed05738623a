import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { type JsonApi, startJsonApi } from "./json-api.ts";

interface Reply {
  results: {
    command: string;
    columns: { name: string; type: string }[];
    rows: (string | null)[][];
    row_count: number;
  }[];
}

interface Problem {
  code: string;
  detail: string;
  position?: number;
}

describe("json-api database queries", function () {
  this.timeout(180_000);
  let api: JsonApi;
  const password = "secret-of-the-queries";
  before(async () => {
    api = await startJsonApi({ runtime: "embedded" });
    const json = { id: "queried", username: "master", database: "shop", password };
    expect((await api.send("POST", "/rds/db-instances", { json })).status).to.equal(201);
    await eventually("the database is available", async () => {
      const { body } = await api.send("GET", "/rds/db-instances/queried");
      return body.status === "available";
    });
  });
  after(async () => {
    await api.aws.server.reset();
    await api.stop();
  });

  const query = <Body = Reply>(sql: string, own: object = {}) =>
    api.send<Body>("POST", "/rds/db-instances/queried/query", { json: { sql, password, ...own } });

  it("give a result for each statement, as the master user, with values as text", async () => {
    const { status, body } = await query(
      `create table items (id int, name text, made timestamptz default '2026-01-02 03:04:05Z');
       insert into items values (1, 'one'), (2, null);
       select id, name, made at time zone 'utc' as made from items order by id;
       select current_user, current_database()`,
    );
    expect(status).to.equal(200);
    expect(body.results.map(({ command, row_count }) => [command, row_count])).to.deep.equal([
      ["CREATE", 0],
      ["INSERT", 2],
      ["SELECT", 2],
      ["SELECT", 1],
    ]);
    expect(body.results[2]).to.deep.include({
      columns: [
        { name: "id", type: "int4" },
        { name: "name", type: "text" },
        { name: "made", type: "timestamp" },
      ],
      rows: [
        ["1", "one", "2026-01-02 03:04:05"],
        ["2", null, "2026-01-02 03:04:05"],
      ],
      truncated: false,
    });
    expect(body.results[3]?.rows).to.deep.equal([["master", "shop"]]);
  });

  it("count what is beyond max_rows, and do not hold it", async () => {
    const { body } = await query("select n, repeat('x', 100) from generate_series(1, 300000) n", { max_rows: 3 });
    expect(body.results[0]?.rows.map(([n]) => n)).to.deep.equal(["1", "2", "3"]);
    expect(body.results[0]).to.include({ row_count: 300_000, truncated: true });
  });

  it("say what PostgreSQL refuses in its own words, and where", async () => {
    const { status, body } = await query<Problem>("select 1; selec 2");
    expect(status).to.equal(400);
    expect(body).to.deep.include({ code: "42601", detail: 'syntax error at or near "selec"', position: 11 });
  });

  it("refuse a wrong password, and a database that is not there or does not run", async () => {
    const wrong = await query<Problem>("select 1", { password: "wrong" });
    expect([wrong.status, wrong.body.code]).to.deep.equal([400, "28P01"]);
    expect(JSON.stringify(wrong.body)).to.not.include('wrong"');
    const json = { sql: "select 1", password };
    const missing = await api.send("POST", "/rds/db-instances/missing/query", { json });
    expect([missing.status, missing.body.code]).to.deep.equal([404, "DBInstanceNotFound"]);
    await api.send("POST", "/rds/db-instances/queried/stop");
    const stopped = await query<Problem>("select 1");
    expect([stopped.status, stopped.body.code]).to.deep.equal([409, "InvalidDBInstanceState"]);
  });
});
