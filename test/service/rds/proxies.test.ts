import { DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import {
  CreateDBProxyCommand,
  type CreateDBProxyCommandInput,
  CreateDBProxyEndpointCommand,
  DeleteDBInstanceCommand,
  DeleteDBProxyCommand,
  DeleteDBProxyEndpointCommand,
  DeregisterDBProxyTargetsCommand,
  DescribeDBEngineVersionsCommand,
  DescribeDBProxiesCommand,
  DescribeDBProxyEndpointsCommand,
  DescribeDBProxyTargetGroupsCommand,
  DescribeDBProxyTargetsCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  ModifyDBProxyCommand,
  ModifyDBProxyEndpointCommand,
  ModifyDBProxyTargetGroupCommand,
  RegisterDBProxyTargetsCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import mysql from "mysql2/promise";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { authToken } from "./auth-tokens.ts";
import {
  createAvailable,
  masterPassword,
  queryAsMaster,
  uniqueIdentifier,
  untilGone,
  untilStatus,
} from "./db-instances.ts";
import { refused } from "./rejection.ts";

async function createProxy(aws: TestServer, changes: Partial<CreateDBProxyCommandInput> = {}) {
  const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({}));
  const VpcSubnetIds = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const DBProxyName = uniqueIdentifier();
  const { DBProxy } = await aws.rds.send(
    new CreateDBProxyCommand({
      ...{ DBProxyName, EngineFamily: "POSTGRESQL", VpcSubnetIds, RoleArn: "arn:aws:iam::000000000000:role/proxy" },
      Auth: [{ SecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf" }],
      ...changes,
    }),
  );
  return { DBProxyName, VpcSubnetIds, made: DBProxy };
}

describe("rds DB proxies", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("are made, described, changed and deleted, with their endpoints and tags", async () => {
    const { DBProxyName, VpcSubnetIds, made } = await createProxy(aws, { Tags: [{ Key: "a", Value: "b" }] });
    expect(made).to.include({ Status: "creating", RequireTLS: false, IdleClientTimeout: 1800 });
    const described = async (name = DBProxyName) =>
      (await aws.rds.send(new DescribeDBProxiesCommand({ DBProxyName: name }))).DBProxies?.[0];
    expect(await described()).to.deep.equal({ ...made, Status: "available" });
    const { TagList } = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName: made?.DBProxyArn }));
    expect(TagList).to.deep.equal([{ Key: "a", Value: "b" }]);
    const NewDBProxyName = uniqueIdentifier();
    await aws.rds.send(new ModifyDBProxyCommand({ DBProxyName, NewDBProxyName, IdleClientTimeout: 60 }));
    expect(await described(NewDBProxyName)).to.include({ IdleClientTimeout: 60, DBProxyArn: made?.DBProxyArn });
    expect(await refused(described())).to.equal("DBProxyNotFoundFault 404");

    const DBProxyEndpointName = uniqueIdentifier();
    const endpoint = { DBProxyName: NewDBProxyName, DBProxyEndpointName, VpcSubnetIds };
    const { DBProxyEndpoint } = await aws.rds.send(
      new CreateDBProxyEndpointCommand({ ...endpoint, TargetRole: "READ_ONLY" }),
    );
    expect(DBProxyEndpoint).to.include({ TargetRole: "READ_ONLY", IsDefault: false, DBProxyName: NewDBProxyName });
    expect(DBProxyEndpoint?.Endpoint).not.to.equal(made?.Endpoint);
    expect(await refused(aws.rds.send(new CreateDBProxyEndpointCommand(endpoint)))).to.equal(
      "DBProxyEndpointAlreadyExistsFault 400",
    );
    const renamed = uniqueIdentifier();
    await aws.rds.send(new ModifyDBProxyEndpointCommand({ DBProxyEndpointName, NewDBProxyEndpointName: renamed }));
    const endpoints = await aws.rds.send(new DescribeDBProxyEndpointsCommand({ DBProxyName: NewDBProxyName }));
    expect(endpoints.DBProxyEndpoints).to.deep.equal([
      { ...DBProxyEndpoint, DBProxyEndpointName: renamed, Status: "available" },
    ]);
    const gone = { DBProxyEndpointName: renamed };
    await aws.rds.send(new DeleteDBProxyEndpointCommand(gone));
    expect(await refused(aws.rds.send(new DeleteDBProxyEndpointCommand(gone)))).to.equal(
      "DBProxyEndpointNotFoundFault 404",
    );
    await aws.rds.send(new DeleteDBProxyCommand({ DBProxyName: NewDBProxyName }));
    expect(await refused(described(NewDBProxyName))).to.equal("DBProxyNotFoundFault 404");
  });

  it("keep that they want IAM authentication, where nothing runs", async () => {
    const SecretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf";
    const { DBProxyName } = await createProxy(aws, { RequireTLS: true, Auth: [{ SecretArn, IAMAuth: "REQUIRED" }] });
    const { DBProxies } = await aws.rds.send(new DescribeDBProxiesCommand({ DBProxyName }));
    expect(DBProxies?.[0]?.Auth?.[0]).to.include({ SecretArn, IAMAuth: "REQUIRED" });
  });

  it("take the passwords that their family's servers take", async () => {
    const Auth = [{ SecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf" }];
    for (const [EngineFamily, expected] of [
      ["MYSQL", "MYSQL_CACHING_SHA2_PASSWORD"],
      ["POSTGRESQL", "POSTGRES_SCRAM_SHA_256"],
    ] as const) {
      const { DBProxyName } = await createProxy(aws, { EngineFamily, Auth });
      const { DBProxies } = await aws.rds.send(new DescribeDBProxiesCommand({ DBProxyName }));
      expect(DBProxies?.[0]?.Auth?.[0]?.ClientPasswordAuthType).to.equal(expected);
    }
  });

  it("have one target group, whose pool is changed, and one target, which goes with its instance", async () => {
    const { DBProxyName } = await createProxy(aws);
    const group = { DBProxyName, TargetGroupName: "default" };
    await aws.rds.send(
      new ModifyDBProxyTargetGroupCommand({ ...group, ConnectionPoolConfig: { MaxConnectionsPercent: 40 } }),
    );
    const { TargetGroups } = await aws.rds.send(new DescribeDBProxyTargetGroupsCommand({ DBProxyName }));
    expect(TargetGroups?.[0]).to.deep.include({ TargetGroupName: "default", IsDefault: true, Status: "available" });
    expect(TargetGroups?.[0]?.ConnectionPoolConfig).to.include({
      ...{ MaxConnectionsPercent: 40, MaxIdleConnectionsPercent: 20, ConnectionBorrowTimeout: 120 },
    });
    const other = { ...group, TargetGroupName: "other" };
    expect(await refused(aws.rds.send(new DescribeDBProxyTargetGroupsCommand(other)))).to.equal(
      "DBProxyTargetGroupNotFoundFault 404",
    );
    const { DBInstanceIdentifier, DBInstanceArn } = await createAvailable(aws.rds);
    const target = { ...group, DBInstanceIdentifiers: [DBInstanceIdentifier] };
    const register = () => aws.rds.send(new RegisterDBProxyTargetsCommand(target));
    await register();
    expect(await refused(register())).to.equal("DBProxyTargetAlreadyRegisteredFault 400");
    const targets = async () => (await aws.rds.send(new DescribeDBProxyTargetsCommand({ DBProxyName }))).Targets;
    expect((await targets())?.[0]).to.deep.include({
      ...{ TargetArn: DBInstanceArn, RdsResourceId: DBInstanceIdentifier, Type: "RDS_INSTANCE", Role: "READ_WRITE" },
      TargetHealth: { State: "AVAILABLE" },
    });
    await aws.rds.send(new DeregisterDBProxyTargetsCommand(target));
    expect(await refused(aws.rds.send(new DeregisterDBProxyTargetsCommand(target)))).to.equal(
      "DBProxyTargetNotFoundFault 404",
    );
    await register();
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
    expect(await targets()).to.deep.equal([]);
  });

  it("need no secrets where their users come with tokens", async () => {
    const { DBProxyName, made } = await createProxy(aws, { DefaultAuthScheme: "IAM_AUTH", Auth: undefined });
    expect(made).to.deep.include({ DefaultAuthScheme: "IAM_AUTH", Auth: [] });
    const none = new ModifyDBProxyCommand({ DBProxyName, DefaultAuthScheme: "NONE" });
    expect(await refused(aws.rds.send(none))).to.equal("InvalidParameterCombination 400");
    const Auth = [{ SecretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf" }];
    await aws.rds.send(new ModifyDBProxyCommand({ DBProxyName, DefaultAuthScheme: "NONE", Auth }));
    const { DBProxies } = await aws.rds.send(new DescribeDBProxiesCommand({ DBProxyName }));
    expect(DBProxies?.[0]?.DefaultAuthScheme).to.equal("NONE");
  });

  it("are refused where a request is wrong", async () => {
    const { DBProxyName } = await createProxy(aws);
    expect(await refused(createProxy(aws, { DBProxyName }))).to.equal("DBProxyAlreadyExistsFault 400");
    expect(await refused(createProxy(aws, { VpcSubnetIds: ["subnet-0123456789abcdef0"] }))).to.equal(
      "InvalidSubnet 400",
    );
    expect(await refused(createProxy(aws, { EngineFamily: "DB2" as "MYSQL" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(createProxy(aws, { IdleClientTimeout: 30_000 }))).to.equal("InvalidParameterValue 400");
    expect(await refused(createProxy(aws, { Auth: [] }))).to.equal("InvalidParameterCombination 400");
    const unknown = { DefaultAuthScheme: "TOKENS" as "NONE" };
    expect(await refused(createProxy(aws, unknown))).to.equal("InvalidParameterValue 400");
    for (const [ConnectionPoolConfig, code] of [
      [{ MaxConnectionsPercent: 0 }, "InvalidParameterValue 400"],
      [{ MaxConnectionsPercent: 101 }, "InvalidParameterValue 400"],
      [{ MaxConnectionsPercent: 50, MaxIdleConnectionsPercent: 51 }, "InvalidParameterValue 400"],
      [{ MaxIdleConnectionsPercent: 10 }, "InvalidParameterCombination 400"],
      [{ ConnectionBorrowTimeout: 301 }, "InvalidParameterValue 400"],
    ] as const) {
      const change = { DBProxyName, TargetGroupName: "default", ConnectionPoolConfig };
      const said = await refused(aws.rds.send(new ModifyDBProxyTargetGroupCommand(change)));
      expect(said, JSON.stringify(ConnectionPoolConfig)).to.equal(code);
    }
    const none = { DBProxyName, DBInstanceIdentifiers: ["none"] };
    expect(await refused(aws.rds.send(new RegisterDBProxyTargetsCommand(none)))).to.equal(
      "DBInstanceNotFoundFault 404",
    );
  });
});

describe("rds DB proxies on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(30_000);
  let aws: TestServer;
  before(async function () {
    // Elsewhere the loopback addresses of proxies have to be set up first.
    if (process.platform !== "linux") this.skip();
    aws = await startLocalAws({ runtime: "embedded" });
  });
  after(async () => {
    await aws?.server.reset();
    await aws?.stop();
  });

  async function query(host: string | undefined, statement: string): Promise<unknown[]> {
    const client = new pg.Client({ host, port: 5432, user: "master", password: masterPassword, database: "postgres" });
    await client.connect();
    try {
      return (await client.query(statement)).rows;
    } finally {
      await client.end();
    }
  }

  it("lead to their target at the address that they say, wherever that listens", async () => {
    const { DBProxyName, VpcSubnetIds, made } = await createProxy(aws);
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await aws.rds.send(
      new RegisterDBProxyTargetsCommand({ DBProxyName, DBInstanceIdentifiers: [DBInstanceIdentifier] }),
    );
    await query(made?.Endpoint, "create table kept as select 1 as n");
    const DBProxyEndpointName = uniqueIdentifier();
    const endpoint = { DBProxyName, DBProxyEndpointName, VpcSubnetIds, TargetRole: "READ_ONLY" as const };
    const { DBProxyEndpoint } = await aws.rds.send(new CreateDBProxyEndpointCommand(endpoint));
    expect(await query(DBProxyEndpoint?.Endpoint, "select n from kept")).to.deep.equal([{ n: 1 }]);
    const refusal = await query(DBProxyEndpoint?.Endpoint, "insert into kept values (2)").catch((error) => error);
    expect(refusal).to.have.property("code", "25006");

    const { Endpoint } = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const DBPortNumber = (Endpoint?.Port ?? 0) + 1000;
    await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, DBPortNumber, ApplyImmediately: true }));
    await eventually(
      "the proxy leads to the new port",
      async () => (await query(made?.Endpoint, "select n from kept").catch(() => [])).length === 1,
      30_000,
    );
    await aws.rds.send(new DeleteDBProxyCommand({ DBProxyName }));
    expect(await query(made?.Endpoint, "select 1").catch((error) => error)).to.have.property("code", "ECONNREFUSED");
  });

  it("with IAM authentication let users in by tokens for their own address, also after a stop of their target", async () => {
    const { DBProxyName, made } = await createProxy(aws, { DefaultAuthScheme: "IAM_AUTH", Auth: undefined });
    const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds, {
      ...{ EnableIAMDatabaseAuthentication: true, BackupRetentionPeriod: 0 },
    });
    await queryAsMaster(Endpoint?.Port, "create user app; grant rds_iam to app");
    await aws.rds.send(
      new RegisterDBProxyTargetsCommand({ DBProxyName, DBInstanceIdentifiers: [DBInstanceIdentifier] }),
    );
    const login = async (signedFor: string) => {
      const password = await authToken({ host: signedFor });
      const place = { host: made?.Endpoint ?? "", port: 5432, user: "app", database: "postgres" };
      const client = new pg.Client({ ...place, password, ssl: { rejectUnauthorized: false } });
      client.on("error", () => {});
      await client.connect();
      try {
        return (await client.query("select current_user as who")).rows;
      } finally {
        await client.end();
      }
    };
    const own = `${made?.Endpoint}:5432`;
    expect(await login(own)).to.deep.equal([{ who: "app" }]);
    const refusal = await login(`localhost:${Endpoint?.Port}`).catch((error) => error);
    expect(refusal).to.have.property("code", "28000");
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
    await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    expect(await login(own)).to.deep.equal([{ who: "app" }]);
    await aws.rds.send(new DeleteDBProxyCommand({ DBProxyName }));
  });

  it("of MySQL's family lead to MariaDB at its clients' port, and not to PostgreSQL", async function () {
    const { DBEngineVersions } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "mariadb" }));
    if (DBEngineVersions?.length === 0) this.skip();
    const { DBProxyName, VpcSubnetIds, made } = await createProxy(aws, { EngineFamily: "MYSQL" });
    const [postgres, mariadb] = await Promise.all([
      createAvailable(aws.rds),
      createAvailable(aws.rds, { Engine: "mariadb" }),
    ]);
    const register = ({ DBInstanceIdentifier = "" }) =>
      aws.rds.send(new RegisterDBProxyTargetsCommand({ DBProxyName, DBInstanceIdentifiers: [DBInstanceIdentifier] }));
    expect(await refused(register(postgres))).to.equal("InvalidParameterValue 400");
    await register(mariadb);
    const answerOf = async (host: string | undefined, statement: string) => {
      const place = { host: host ?? "", port: 3306, user: "master", password: masterPassword };
      const connection = await mysql.createConnection(place);
      try {
        return (await connection.query(statement))[0];
      } finally {
        await connection.end();
      }
    };
    expect(await answerOf(made?.Endpoint, "select 1 as n")).to.deep.equal([{ n: 1 }]);
    await answerOf(made?.Endpoint, "create database shop");
    const { DBProxyEndpoint } = await aws.rds.send(
      new CreateDBProxyEndpointCommand({
        ...{ DBProxyName, DBProxyEndpointName: uniqueIdentifier(), VpcSubnetIds, TargetRole: "READ_ONLY" },
      }),
    );
    expect(await answerOf(DBProxyEndpoint?.Endpoint, "select 2 as n")).to.deep.equal([{ n: 2 }]);
    const refusal = await answerOf(DBProxyEndpoint?.Endpoint, "create table shop.kept (n int)").catch((error) => error);
    expect(refusal).to.have.property("code", "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION");
    await aws.rds.send(new DeleteDBProxyCommand({ DBProxyName }));
  });
});
