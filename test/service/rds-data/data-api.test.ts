import {
  CreateDBClusterCommand,
  DisableHttpEndpointCommand,
  EnableHttpEndpointCommand,
  StopDBClusterCommand,
} from "@aws-sdk/client-rds";
import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteSqlCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type ExecuteStatementCommandOutput,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from "@aws-sdk/client-rds-data";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { clusterRequest, createCluster, createMember, describeCluster, untilCluster } from "../rds/db-clusters.ts";
import { refusal } from "./refusal.ts";

describe("rds-data on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  let data: RDSDataClient;
  let secrets: SecretsManagerClient;
  let resourceArn: string;
  let secretArn: string;
  let clusterName: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
    data = new RDSDataClient(aws.clientConfig);
    secrets = new SecretsManagerClient(aws.clientConfig);
    const cluster = await createCluster(aws.rds, {
      ...{ DatabaseName: "orders", EnableHttpEndpoint: true },
      ...{ ManageMasterUserPassword: true, MasterUserPassword: undefined },
    });
    resourceArn = cluster.DBClusterArn;
    clusterName = cluster.DBClusterIdentifier;
    secretArn = cluster.MasterUserSecret?.SecretArn ?? "";
    await createMember(aws.rds, clusterName);
  });
  after(async () => {
    data?.destroy();
    secrets?.destroy();
    await aws?.server.reset();
    await aws?.stop();
  });

  type Changes = Partial<ExecuteStatementCommandInput>;
  const execute = (sql: string, changes: Changes = {}): Promise<ExecuteStatementCommandOutput> =>
    data.send(new ExecuteStatementCommand({ resourceArn, secretArn, sql, ...changes }));
  const first = async (sql: string, parameters: SqlParameter[] = [], changes: Changes = {}) => {
    const { records } = await execute(sql, { parameters, ...changes });
    return records?.[0]?.[0];
  };
  const begin = async () => (await data.send(new BeginTransactionCommand({ resourceArn, secretArn }))).transactionId;

  it("runs statements as the user of the secret, in the cluster's database", async () => {
    const { records, numberOfRecordsUpdated } = await execute("SELECT current_user::text, current_database()::text");
    expect(records).to.deep.equal([[{ stringValue: "master" }, { stringValue: "orders" }]]);
    expect(numberOfRecordsUpdated).to.equal(0);
    expect(await first("SELECT current_database()::text", [], { database: "postgres" })).to.deep.equal({
      stringValue: "postgres",
    });
  });

  it("counts what a statement changes, and gives what it returns", async () => {
    await execute("CREATE TABLE changed (id int PRIMARY KEY, label text)");
    const inserted = await execute("INSERT INTO changed VALUES (1, 'a'), (2, 'b')");
    expect(inserted).to.deep.include({ numberOfRecordsUpdated: 2, generatedFields: [] });
    expect(inserted.records).to.equal(undefined);
    expect((await execute("DELETE FROM changed WHERE id = 1 RETURNING label")).records).to.deep.equal([
      [{ stringValue: "a" }],
    ]);
    expect((await execute("SELECT * FROM changed WHERE false")).records).to.deep.equal([]);
  });

  it("puts parameters in the places of their names, and nowhere else", async () => {
    const sql = `SELECT :a + :a, ':a', "x:a", $$:a$$, E'\\':a', x::text -- :a
      FROM (SELECT :b AS "x:a", 1 AS x) AS t /* :a */`;
    const parameters = [
      { name: "a", value: { longValue: 20 } },
      { name: "b", value: { stringValue: "it's" } },
    ];
    expect((await execute(sql, { parameters })).records).to.deep.equal([
      [
        ...[{ longValue: 40 }, { stringValue: ":a" }, { stringValue: "it's" }, { stringValue: ":a" }],
        ...[{ stringValue: "':a" }, { stringValue: "1" }],
      ],
    ]);
    expect(await refusal(execute("SELECT :missing"))).to.equal(
      "BadRequestException 400 Cannot find parameter: missing",
    );
  });

  it("sends values of the types that the fields and the hints say", async () => {
    const typed: [SqlParameter, string, string][] = [
      [{ value: { booleanValue: true } }, "boolean", "true"],
      [{ value: { longValue: 7 } }, "bigint", "7"],
      [{ value: { doubleValue: 0.1 } }, "double precision", "0.1"],
      [{ value: { stringValue: "text" } }, "character varying", "text"],
      [{ value: { blobValue: Buffer.from([0, 255]) } }, "bytea", "\\x00ff"],
      [{ value: { stringValue: "2026-02-28" }, typeHint: "DATE" }, "date", "2026-02-28"],
      [{ value: { stringValue: "12:34:56.5" }, typeHint: "TIME" }, "time without time zone", "12:34:56.5"],
      [
        { value: { stringValue: "2026-02-28 12:34:56" }, typeHint: "TIMESTAMP" },
        ...(["timestamp without time zone", "2026-02-28 12:34:56"] as const),
      ],
      [{ value: { stringValue: "12.340" }, typeHint: "DECIMAL" }, "numeric", "12.340"],
      [{ value: { stringValue: '{"a": 1}' }, typeHint: "JSON" }, "json", '{"a": 1}'],
      [
        { value: { stringValue: "0b0f6d3e-0d3b-4f8e-9f34-3f7a3f0a1b2c" }, typeHint: "UUID" },
        ...(["uuid", "0b0f6d3e-0d3b-4f8e-9f34-3f7a3f0a1b2c"] as const),
      ],
    ];
    for (const [parameter, type, text] of typed) {
      const parameters = [{ name: "value", ...parameter }];
      const { records } = await execute("SELECT pg_typeof(:value)::text, (:value)::text", { parameters });
      expect(records).to.deep.equal([[{ stringValue: type }, { stringValue: text }]]);
    }
    expect(await first("SELECT :value", [{ name: "value", value: { isNull: true } }])).to.deep.equal({ isNull: true });
    const notDate = [{ name: "value", value: { stringValue: "28.2.2026" }, typeHint: "DATE" as const }];
    expect(await refusal(first("SELECT :value", notDate))).to.match(/^BadRequestException 400 .*DATE/);
    const list = [{ name: "value", value: { arrayValue: { longValues: [1] } } }];
    expect(await refusal(first("SELECT :value", list))).to.equal(
      "BadRequestException 400 Array parameters are not supported.",
    );
  });

  it("gives each type of the server's the form that the Data API has for it", async () => {
    const values: [sql: string, field: object][] = [
      ["true", { booleanValue: true }],
      ["1::int2", { longValue: 1 }],
      ["2::int8", { longValue: 2 }],
      ["1.5::float4", { doubleValue: 1.5 }],
      ["'NaN'::float8", { stringValue: "NaN" }],
      ["12.340", { stringValue: "12.340" }],
      ["'a'::char(3)", { stringValue: "a  " }],
      ["'\\x00ff'::bytea", { blobValue: Uint8Array.from([0, 255]) }],
      ["'2026-02-28 12:00:00.5'::timestamp", { stringValue: "2026-02-28 12:00:00.5" }],
      ["'2026-02-28 12:00:00+02'::timestamptz", { stringValue: "2026-02-28 10:00:00" }],
      ["'{\"a\": [1]}'::jsonb", { stringValue: '{"a": [1]}' }],
      ["ARRAY[1, NULL, 3]", { arrayValue: { longValues: [1, null, 3] } }],
      ["ARRAY['a b', 'NULL', '\"', '', NULL]", { arrayValue: { stringValues: ["a b", "NULL", '"', "", null] } }],
      ["ARRAY[true, false]", { arrayValue: { booleanValues: [true, false] } }],
      ["'{}'::float8[]", { arrayValue: { doubleValues: [] } }],
    ];
    for (const [sql, field] of values) expect(await first(`SELECT ${sql}`), sql).to.deep.equal(field);
    expect(await refusal(first("SELECT point(1, 2)"))).to.equal(
      "UnsupportedResultException 400 The result contains the unsupported data type POINT.",
    );
    expect(await refusal(first("SELECT ARRAY[[1], [2]]"))).to.equal(
      "UnsupportedResultException 400 The result contains a multidimensional array.",
    );
  });

  it("gives numbers as the options say, and none that has lost digits on its way", async () => {
    const options = { resultSetOptions: { decimalReturnType: "DOUBLE_OR_LONG", longReturnType: "STRING" } } as const;
    expect(await first("SELECT 1.25", [], options)).to.deep.equal({ doubleValue: 1.25 });
    expect(await first("SELECT 3::numeric", [], options)).to.deep.equal({ longValue: 3 });
    expect(await first("SELECT 9007199254740993", [], options)).to.deep.equal({ stringValue: "9007199254740993" });
    const { formattedRecords } = await execute("SELECT 9007199254740993 AS n", { formatRecordsAs: "JSON" });
    expect(formattedRecords).to.equal('[{"n":9007199254740993}]');
    let sent = "";
    data.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { body } = result.response as { body: AsyncIterable<Buffer> };
        const chunks: Buffer[] = [];
        for await (const chunk of body) chunks.push(chunk);
        sent = Buffer.concat(chunks).toString();
        Object.assign(result.response as object, { body: Buffer.concat(chunks) });
        return result;
      },
      { step: "deserialize", name: "keepBody", priority: "low" },
    );
    try {
      await first("SELECT 9007199254740993");
    } finally {
      data.middlewareStack.remove("keepBody");
    }
    expect(sent).to.contain('{"longValue":9007199254740993}');
  });

  it("formats records as JSON", async () => {
    const sql =
      "SELECT 1 AS a, 'x\"' AS b, NULL AS c, '\\x01'::bytea AS d, ARRAY['y'] AS e, 1.5::float8 AS f, true AS g";
    const { formattedRecords, records, columnMetadata } = await execute(sql, {
      ...{ formatRecordsAs: "JSON", includeResultMetadata: true },
    });
    expect(formattedRecords).to.equal('[{"a":1,"b":"x\\"","c":null,"d":"AQ==","e":["y"],"f":1.5,"g":true}]');
    expect([records, columnMetadata]).to.deep.equal([undefined, undefined]);
  });

  it("describes the columns where that is asked for", async () => {
    await execute(
      "CREATE TABLE described (id serial PRIMARY KEY, label varchar(20), price numeric(12, 2), tags text[], at timestamptz)",
    );
    const { columnMetadata = [] } = await execute(
      "SELECT id AS key, label, price, tags, at, 1 + 1 AS sum FROM described",
      {
        includeResultMetadata: true,
      },
    );
    const shown = columnMetadata.map(({ label, name, tableName, type, typeName, precision, scale, nullable }) =>
      [label, name, tableName, type, typeName, precision, scale, nullable].join(),
    );
    expect(shown).to.deep.equal([
      "key,id,described,4,int4,10,0,0",
      "label,label,described,12,varchar,20,0,1",
      "price,price,described,2,numeric,12,2,1",
      "tags,tags,described,2003,_text,2147483647,0,1",
      "at,at,described,93,timestamptz,35,6,1",
      "sum,sum,,4,int4,10,0,2",
    ]);
    expect(columnMetadata.map(({ isAutoIncrement }) => isAutoIncrement)).to.deep.equal([
      ...[true, false, false, false, false, false],
    ]);
    expect(columnMetadata[3]?.arrayBaseColumnType).to.equal(12);
  });

  it("answers what the database refuses with DatabaseErrorException in the database's words", async () => {
    expect(await refusal(execute("SELECT * FROM nowhere"))).to.equal(
      'DatabaseErrorException 400 ERROR: relation "nowhere" does not exist; Position: 15; SQLState: 42P01',
    );
    await execute("CREATE TABLE once (id int PRIMARY KEY)");
    await execute("INSERT INTO once VALUES (1)");
    expect(await refusal(execute("INSERT INTO once VALUES (1)"))).to.equal(
      'DatabaseErrorException 400 ERROR: duplicate key value violates unique constraint "once_pkey"; Detail: Key (id)=(1) already exists.; SQLState: 23505',
    );
    expect(await refusal(execute("SELECT 1; SELECT 2"))).to.equal(
      "BadRequestException 400 Multistatements aren't supported.",
    );
    expect(await refusal(execute(" "))).to.match(/^BadRequestException 400 /);
    expect(await refusal(execute("SELECT 1", { database: "none" }))).to.equal(
      'DatabaseErrorException 400 FATAL: database "none" does not exist; SQLState: 3D000',
    );
  });

  it("refuses results of more than 1 MiB", async () => {
    expect(await refusal(execute("SELECT repeat('x', 1000) FROM generate_series(1, 1100)"))).to.equal(
      "UnsupportedResultException 400 Database returned more than the allowed response size limit",
    );
    const { records } = await execute("SELECT repeat('x', 1000) FROM generate_series(1, 500)");
    expect(records).to.have.length(500);
  });

  it("runs a statement with many sets of parameters, all of them or none", async () => {
    await execute("CREATE TABLE batched (id int PRIMARY KEY, label text)");
    const batch = (sets: SqlParameter[][], sql = "INSERT INTO batched VALUES (:id, :label)") =>
      data.send(new BatchExecuteStatementCommand({ resourceArn, secretArn, sql, parameterSets: sets }));
    const row = (id: number) => [
      { name: "id", value: { longValue: id } },
      { name: "label", value: { stringValue: `row ${id}` } },
    ];
    const { updateResults } = await batch([row(1), row(2), row(3)]);
    expect(updateResults).to.deep.equal([{ generatedFields: [] }, { generatedFields: [] }, { generatedFields: [] }]);
    expect(await refusal(batch([row(4), row(3)]))).to.match(/SQLState: 23505$/);
    expect(await first("SELECT count(*) FROM batched")).to.deep.equal({ longValue: 3 });
    expect((await batch([], "INSERT INTO batched VALUES (9, 'nine')")).updateResults).to.deep.equal([]);
    expect(await first("SELECT count(*) FROM batched")).to.deep.equal({ longValue: 4 });
  });

  it("commits and rolls back transactions", async () => {
    await execute("CREATE TABLE moved (id int)");
    const transactionId = await begin();
    await execute("INSERT INTO moved VALUES (1)", { transactionId });
    expect(await first("SELECT count(*) FROM moved", [], { transactionId })).to.deep.equal({ longValue: 1 });
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 0 });
    expect(await refusal(execute("SELECT 1", { transactionId, database: "postgres" }))).to.match(
      /^BadRequestException/,
    );
    const end = { resourceArn, secretArn, transactionId };
    expect((await data.send(new CommitTransactionCommand(end))).transactionStatus).to.equal("Transaction Committed");
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 1 });
    const gone = `TransactionNotFoundException 404 Transaction ${transactionId} is not found`;
    expect(await refusal(data.send(new CommitTransactionCommand(end)))).to.equal(gone);
    expect(await refusal(execute("SELECT 1", { transactionId }))).to.equal(gone);

    const other = { resourceArn, secretArn, transactionId: await begin() };
    await execute("DELETE FROM moved", other);
    expect((await data.send(new RollbackTransactionCommand(other))).transactionStatus).to.equal("Rollback Complete");
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 1 });
  });

  it("commits nothing of a transaction in which a statement has failed", async () => {
    const failed = { resourceArn, secretArn, transactionId: await begin() };
    await execute("CREATE TABLE never (id int)", failed);
    expect(await refusal(execute("SELECT 1 / 0", failed))).to.match(/SQLState: 22012$/);
    expect(await refusal(execute("SELECT 1", failed))).to.match(/SQLState: 25P02$/);
    expect(await refusal(data.send(new CommitTransactionCommand(failed)))).to.match(/SQLState: 25P02$/);
    expect(await first("SELECT to_regclass('never')::text")).to.deep.equal({ isNull: true });
  });

  it("answers a statement that takes too long with StatementTimeoutException", async () => {
    const transactionId = await begin();
    await execute("SET LOCAL statement_timeout = 50", { transactionId });
    expect(await refusal(execute("SELECT pg_sleep(60)::text", { transactionId }))).to.equal(
      "StatementTimeoutException 400 Request timed out",
    );
    await data.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }));
    expect(await first("SHOW statement_timeout")).to.deep.equal({ stringValue: "45s" });
    expect(await first("SHOW statement_timeout", [], { continueAfterTimeout: true })).to.deep.equal({
      stringValue: "0",
    });
  });

  it("takes a secret of one's own, as it is now", async () => {
    await execute("CREATE ROLE reader LOGIN PASSWORD 'reader-password'");
    const Name = `reader-${clusterName}`;
    const { ARN = "" } = await secrets.send(
      new CreateSecretCommand({ Name, SecretString: JSON.stringify({ username: "reader", password: "no" }) }),
    );
    const asReader = () => first("SELECT current_user::text", [], { secretArn: ARN });
    expect(await refusal(asReader())).to.equal(
      'DatabaseErrorException 400 FATAL: password authentication failed for user "reader"; SQLState: 28P01',
    );
    const SecretString = JSON.stringify({ username: "reader", password: "reader-password" });
    await secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    expect(await asReader()).to.deep.equal({ stringValue: "reader" });
    expect(await first("SELECT 1", [], { secretArn: Name })).to.deep.equal({ longValue: 1 });
    const transactionId = await begin();
    expect(await refusal(execute("SELECT 1", { transactionId, secretArn: ARN }))).to.match(/^TransactionNotFound/);
    await data.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }));
    await secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString: "no JSON" }));
    expect(await refusal(asReader())).to.match(/^InvalidSecretException 400 /);
    expect(await refusal(first("SELECT 1", [], { secretArn: "nowhere" }))).to.match(
      /^SecretsErrorException 400 .*Secrets Manager can't find the specified secret/,
    );
  });

  it("refuses what is no cluster with the Data API, and ExecuteSql", async () => {
    expect(await refusal(execute("SELECT 1", { resourceArn: `${resourceArn}-not` }))).to.equal(
      `HttpEndpointNotEnabledException 400 HttpEndpoint is not enabled for resource ${resourceArn}-not.`,
    );
    expect(await refusal(execute("SELECT 1", { resourceArn: "cluster" }))).to.equal(
      "BadRequestException 400 Invalid cluster arn: cluster",
    );
    const sqlStatements = "SELECT 1";
    const old = { dbClusterOrInstanceArn: resourceArn, awsSecretStoreArn: secretArn, sqlStatements };
    expect(await refusal(data.send(new ExecuteSqlCommand(old)))).to.match(/^NotImplemented 501 /);
    await aws.rds.send(new DisableHttpEndpointCommand({ ResourceArn: resourceArn }));
    expect(await refusal(execute("SELECT 1"))).to.equal(
      `HttpEndpointNotEnabledException 400 HttpEndpoint is not enabled for resource ${resourceArn}.`,
    );
    await aws.rds.send(new EnableHttpEndpointCommand({ ResourceArn: resourceArn }));
    expect(await first("SELECT 1")).to.deep.equal({ longValue: 1 });
  });

  it("rolls back at the end of the cluster's running, and says that it does not run", async () => {
    const transactionId = await begin();
    await execute("CREATE TABLE stopped (id int)", { transactionId });
    await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier: clusterName }));
    await untilCluster(aws.rds, clusterName, "stopped");
    expect(await refusal(execute("SELECT 1"))).to.match(/^InvalidResourceStateException 400 .*stopped/);
  });
});

describe("rds-data on the records runtime", () => {
  let aws: TestServer;
  let data: RDSDataClient;
  before(async () => {
    aws = await startLocalAws();
    data = new RDSDataClient(aws.clientConfig);
  });
  after(async () => {
    data?.destroy();
    await aws?.stop();
  });

  it("says that a cluster has no instance, or that no database runs", async () => {
    const request = clusterRequest({
      ...{ EnableHttpEndpoint: true, ManageMasterUserPassword: true, MasterUserPassword: undefined },
    });
    await aws.rds.send(new CreateDBClusterCommand(request));
    await untilCluster(aws.rds, request.DBClusterIdentifier, "available");
    const { DBClusterArn: resourceArn, MasterUserSecret } = await describeCluster(aws.rds, request.DBClusterIdentifier);
    const command = new BeginTransactionCommand({ resourceArn, secretArn: MasterUserSecret?.SecretArn });
    const nameOf = (call: Promise<unknown>) => call.then(String, (error: Error) => error.name);
    expect(await nameOf(data.send(command))).to.equal("DatabaseNotFoundException");
    await createMember(aws.rds, request.DBClusterIdentifier ?? "");
    expect(await nameOf(data.send(command))).to.equal("DatabaseUnavailableException");
  });
});
