import {
  BatchExecuteStatementCommand,
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
} from "@aws-sdk/client-rds-data";
import { expect } from "chai";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember } from "../rds/db-clusters.ts";
import { refusal } from "./refusal.ts";

const Engine = "aurora-mysql";

describe("rds-data with aurora-mysql on the embedded runtime", function () {
  this.timeout(300_000);
  requires("mysql");
  let aws: TestServer;
  let data: RDSDataClient;
  let resourceArn: string;
  let secretArn: string;

  before(async () => {
    aws = await startLocalAws({ runtime: "embedded" });
    data = new RDSDataClient(aws.clientConfig);
    const cluster = await createCluster(aws.rds, {
      ...{ Engine, DatabaseName: "orders", EnableHttpEndpoint: true },
      ...{ ManageMasterUserPassword: true, MasterUserPassword: undefined },
    });
    resourceArn = cluster.DBClusterArn;
    secretArn = cluster.MasterUserSecret?.SecretArn ?? "";
    await createMember(aws.rds, cluster.DBClusterIdentifier, { Engine });
  });
  after(async () => {
    data?.destroy();
    await aws?.server.reset();
    await aws?.stop();
  });

  const execute = (sql: string, changes: Partial<ExecuteStatementCommandInput> = {}) =>
    data.send(new ExecuteStatementCommand({ resourceArn, secretArn, sql, ...changes }));
  const first = async (sql: string, parameters: SqlParameter[] = [], transactionId?: string) =>
    (await execute(sql, { parameters, transactionId })).records?.[0]?.[0];

  it("runs statements as the user of the secret, in the cluster's database, and gives generated numbers", async () => {
    const { records } = await execute("SELECT CURRENT_USER(), DATABASE(), @@time_zone");
    expect(records).to.deep.equal([
      [{ stringValue: "master@%" }, { stringValue: "orders" }, { stringValue: "+00:00" }],
    ]);
    await execute("CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, label varchar(20))");
    const inserted = await execute("INSERT INTO numbered (label) VALUES ('a'), ('b')");
    expect(inserted).to.deep.include({
      ...{ numberOfRecordsUpdated: 2, generatedFields: [{ longValue: 1 }, { longValue: 2 }] },
    });
    const updated = await execute("UPDATE numbered SET label = 'c'");
    expect(updated).to.deep.include({ numberOfRecordsUpdated: 2, generatedFields: [] });
    expect((await execute("SELECT * FROM numbered WHERE false")).records).to.deep.equal([]);
  });

  it("puts parameters of all types in the places of their names, and nowhere else", async () => {
    const parameters = [
      { name: "a", value: { longValue: 20 } },
      { name: "b", value: { stringValue: 'it\'s \\ "quoted"' } },
    ];
    const sql = `SELECT :a + :a, ':a', 'it\\':a', "x:a", @n := :a, :b -- :a
      FROM (SELECT 1 AS \`:a\`) AS t /* :a */ # :a`;
    expect((await execute(sql, { parameters })).records).to.deep.equal([
      [
        ...[{ longValue: 40 }, { stringValue: ":a" }, { stringValue: "it':a" }, { stringValue: "x:a" }],
        ...[{ longValue: 20 }, { stringValue: 'it\'s \\ "quoted"' }],
      ],
    ]);
    const typed: [SqlParameter, object][] = [
      [{ value: { booleanValue: true } }, { longValue: 1 }],
      [{ value: { doubleValue: 0.5 } }, { doubleValue: 0.5 }],
      [{ value: { isNull: true } }, { isNull: true }],
      [{ value: { blobValue: Buffer.from([0, 255]) } }, { blobValue: Uint8Array.from([0, 255]) }],
      [{ value: { stringValue: "2026-02-28" }, typeHint: "DATE" }, { stringValue: "2026-02-28" }],
      [{ value: { stringValue: "12:34:56" }, typeHint: "TIME" }, { stringValue: "12:34:56" }],
      [
        { value: { stringValue: "2026-02-28 12:00:00" }, typeHint: "TIMESTAMP" },
        { stringValue: "2026-02-28 12:00:00" },
      ],
      [{ value: { stringValue: "12.340" }, typeHint: "DECIMAL" }, { stringValue: "12.340" }],
      [{ value: { stringValue: '{"a": 1}' }, typeHint: "JSON" }, { stringValue: '{"a": 1}' }],
    ];
    for (const [parameter, field] of typed) {
      const value = await first("SELECT :value", [{ name: "value", ...parameter }]);
      expect(value, JSON.stringify(parameter)).to.deep.equal(field);
    }
    const notDate = [{ name: "value", value: { stringValue: "28.2.2026" }, typeHint: "DATE" as const }];
    expect(await refusal(first("SELECT :value", notDate))).to.match(/^BadRequestException 400 .*DATE/);
    expect(await refusal(execute("SELECT :missing"))).to.equal(
      "BadRequestException 400 Cannot find parameter: missing",
    );
  });

  it("gives each type of MySQL's the form that the Data API has for it, and describes the columns", async () => {
    await execute(`CREATE TABLE typed (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, yes boolean, bits bit(9), price decimal(12, 2),
      ratio double, label varchar(20), body text, sort enum('a', 'b'), bytes varbinary(4), made datetime, doc json)`);
    await execute(`INSERT INTO typed VALUES (18446744073709551615, true, b'100000001', 12.30, 0.5, 'x', 'y', 'b', X'00FF',
      '2026-02-28 12:00:00', '{"a": 1}')`);
    const { records, columnMetadata = [] } = await execute("SELECT *, id + 0 AS sum FROM typed", {
      ...{ includeResultMetadata: true, resultSetOptions: { longReturnType: "STRING" } },
    });
    expect(records?.[0]).to.deep.equal([
      ...[{ stringValue: "18446744073709551615" }, { booleanValue: true }, { blobValue: Uint8Array.from([1, 1]) }],
      ...[{ stringValue: "12.30" }, { doubleValue: 0.5 }, { stringValue: "x" }, { stringValue: "y" }],
      ...[{ stringValue: "b" }, { blobValue: Uint8Array.from([0, 255]) }, { stringValue: "2026-02-28 12:00:00" }],
      ...[{ stringValue: '{"a": 1}' }, { stringValue: "18446744073709551615" }],
    ]);
    const shown = columnMetadata.map(
      ({ label, tableName, type, typeName, precision, scale, nullable, isAutoIncrement }) =>
        [label, tableName, type, typeName, precision, scale, nullable, isAutoIncrement].join(),
    );
    expect(shown).to.deep.equal([
      ...["id,typed,-5,BIGINT UNSIGNED,19,0,0,true", "yes,typed,-7,TINYINT,3,0,1,false"],
      ...["bits,typed,-7,BIT,9,0,1,false", "price,typed,3,DECIMAL,12,2,1,false", "ratio,typed,8,DOUBLE,22,0,1,false"],
      ...["label,typed,12,VARCHAR,20,0,1,false", "body,typed,-1,TEXT,65535,0,1,false", "sort,typed,1,ENUM,1,0,1,false"],
      ...["bytes,typed,-3,VARBINARY,4,0,1,false", "made,typed,93,DATETIME,19,0,1,false"],
      ...["doc,typed,-1,JSON,1073741823,0,1,false", "sum,,-5,BIGINT UNSIGNED,19,0,0,false"],
    ]);
    const { formattedRecords } = await execute("SELECT yes, price, bytes, NULL AS none FROM typed", {
      formatRecordsAs: "JSON",
    });
    expect(formattedRecords).to.equal('[{"yes":true,"price":"12.30","bytes":"AP8=","none":null}]');
    expect(await refusal(execute("SELECT ST_GeomFromText('POINT(1 1)')"))).to.equal(
      "UnsupportedResultException 400 The result contains the unsupported data type GEOMETRY.",
    );
  });

  it("answers what the database refuses in its words, and one statement at a time", async () => {
    expect(await refusal(execute("SELECT * FROM nowhere"))).to.equal(
      "DatabaseErrorException 400 Database error code: 1146. Message: Table 'orders.nowhere' doesn't exist",
    );
    expect(await refusal(execute("SELECT 1; SELECT 2"))).to.match(
      /^DatabaseErrorException 400 Database error code: 1064\. /,
    );
    expect(await refusal(execute("SELECT 1", { database: "none" }))).to.match(/^DatabaseErrorException 400 .*'none'/);
    expect(await refusal(execute("SELECT REPEAT('x', 1048577)"))).to.equal(
      "UnsupportedResultException 400 Database returned more than the allowed response size limit",
    );
  });

  it("runs a statement with many sets of parameters, all of them or none", async () => {
    await execute("CREATE TABLE batched (id int AUTO_INCREMENT PRIMARY KEY, label varchar(20) UNIQUE)");
    const batch = (...labels: string[]) =>
      data.send(
        new BatchExecuteStatementCommand({
          ...{ resourceArn, secretArn, sql: "INSERT INTO batched (label) VALUES (:label)" },
          parameterSets: labels.map((stringValue) => [{ name: "label", value: { stringValue } }]),
        }),
      );
    expect((await batch("a", "b")).updateResults).to.deep.equal([
      ...[{ generatedFields: [{ longValue: 1 }] }, { generatedFields: [{ longValue: 2 }] }],
    ]);
    expect(await refusal(batch("c", "a"))).to.match(/^DatabaseErrorException 400 Database error code: 1062\. /);
    expect(await first("SELECT count(*) FROM batched")).to.deep.equal({ longValue: 2 });
  });

  it("commits and rolls back transactions", async () => {
    await execute("CREATE TABLE moved (id int)");
    const begin = async () =>
      (await data.send(new BeginTransactionCommand({ resourceArn, secretArn }))).transactionId ?? "";
    const transactionId = await begin();
    await execute("INSERT INTO moved VALUES (1)", { transactionId });
    expect(await first("SELECT count(*) FROM moved", [], transactionId)).to.deep.equal({ longValue: 1 });
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 0 });
    const end = { resourceArn, secretArn, transactionId };
    expect((await data.send(new CommitTransactionCommand(end))).transactionStatus).to.equal("Transaction Committed");
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 1 });
    const other = { resourceArn, secretArn, transactionId: await begin() };
    await execute("DELETE FROM moved", other);
    expect((await data.send(new RollbackTransactionCommand(other))).transactionStatus).to.equal("Rollback Complete");
    expect(await first("SELECT count(*) FROM moved")).to.deep.equal({ longValue: 1 });
  });
});
