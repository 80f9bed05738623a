import {
  AddRoleToDBClusterCommand,
  AddTagsToResourceCommand,
  CreateDBClusterEndpointCommand,
  CreateGlobalClusterCommand,
  DeleteDBClusterCommand,
  DeleteDBClusterEndpointCommand,
  DeleteGlobalClusterCommand,
  DescribeDBClusterEndpointsCommand,
  type DescribeDBClusterEndpointsCommandInput,
  DescribeGlobalClustersCommand,
  type DescribeGlobalClustersCommandInput,
  FailoverDBClusterCommand,
  FailoverGlobalClusterCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterEndpointCommand,
  ModifyGlobalClusterCommand,
  RemoveFromGlobalClusterCommand,
  RemoveRoleFromDBClusterCommand,
  SwitchoverGlobalClusterCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import pg from "pg";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster, createMember, describeCluster, uniqueCluster, untilCluster } from "./db-clusters.ts";
import { masterPassword } from "./db-instances.ts";
import { withRealDatabases } from "./own-servers.ts";
import { refused } from "./rejection.ts";

const tags = [{ Key: "a", Value: "b" }];

describe("rds around DB clusters", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const describe = async (input: DescribeDBClusterEndpointsCommandInput) =>
    (await aws.rds.send(new DescribeDBClusterEndpointsCommand(input))).DBClusterEndpoints ?? [];

  it("custom endpoints are made, found, changed and deleted, beside those that a cluster has", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const first = (await createMember(aws.rds, DBClusterIdentifier)).DBInstanceIdentifier;
    const second = (await createMember(aws.rds, DBClusterIdentifier)).DBInstanceIdentifier;
    const DBClusterEndpointIdentifier = uniqueCluster();
    const request = { DBClusterIdentifier, DBClusterEndpointIdentifier, EndpointType: "READER" };
    const create = (more: object = {}) => aws.rds.send(new CreateDBClusterEndpointCommand({ ...request, ...more }));
    const made = await create({ StaticMembers: [second], Tags: tags });
    const custom = {
      ...{ DBClusterEndpointIdentifier, DBClusterIdentifier, Endpoint: "127.0.0.3", EndpointType: "CUSTOM" },
      ...{ CustomEndpointType: "READER", StaticMembers: [second], ExcludedMembers: [] },
    };
    expect(made).to.deep.include({ ...custom, Status: "creating" });
    const [found] = await describe({ DBClusterEndpointIdentifier });
    expect(found).to.deep.include({ ...custom, Status: "available" });
    const all = await describe({ DBClusterIdentifier });
    expect(all.map(({ Endpoint, EndpointType }) => [EndpointType, Endpoint])).to.deep.equal([
      ...[
        ["CUSTOM", "127.0.0.3"],
        ["READER", "127.0.0.2"],
        ["WRITER", "localhost"],
      ],
    ]);
    const Filters = [{ Name: "db-cluster-endpoint-type", Values: ["writer"] }];
    expect(await describe({ DBClusterIdentifier, Filters })).to.have.length(1);
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).CustomEndpoints).to.deep.equal(["127.0.0.3"]);
    const listed = await aws.rds.send(new ListTagsForResourceCommand({ ResourceName: made.DBClusterEndpointArn }));
    expect(listed.TagList).to.deep.equal(tags);

    expect(await refused(create())).to.equal("DBClusterEndpointAlreadyExistsFault 400");
    const other = { DBClusterEndpointIdentifier: uniqueCluster() };
    expect(await refused(create({ ...other, EndpointType: "WRITER" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(create({ ...other, StaticMembers: ["none"] }))).to.equal("DBInstanceNotFoundFault 404");
    const both = { ...other, StaticMembers: [first], ExcludedMembers: [second] };
    expect(await refused(create(both))).to.equal("InvalidParameterCombination 400");
    expect(await refused(create({ ...other, DBClusterIdentifier: "none" }))).to.equal("DBClusterNotFoundFault 404");

    const changes = { EndpointType: "ANY", ExcludedMembers: [first] };
    const changed = await aws.rds.send(new ModifyDBClusterEndpointCommand({ DBClusterEndpointIdentifier, ...changes }));
    expect(changed).to.deep.include({ CustomEndpointType: "ANY", StaticMembers: [], ExcludedMembers: [first] });
    const remove = () => aws.rds.send(new DeleteDBClusterEndpointCommand({ DBClusterEndpointIdentifier }));
    expect((await remove()).Status).to.equal("deleting");
    expect(await refused(remove())).to.equal("DBClusterEndpointNotFoundFault 400");
    expect(await describe({ DBClusterIdentifier })).to.have.length(2);
  });

  it("roles are added and removed, each once", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const role = { DBClusterIdentifier, RoleArn: "arn:aws:iam::000000000000:role/import" };
    const add = (more: object = {}) => aws.rds.send(new AddRoleToDBClusterCommand({ ...role, ...more }));
    const remove = (more: object = {}) => aws.rds.send(new RemoveRoleFromDBClusterCommand({ ...role, ...more }));
    await add({ FeatureName: "s3Import" });
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).AssociatedRoles).to.deep.equal([
      { RoleArn: role.RoleArn, FeatureName: "s3Import", Status: "ACTIVE" },
    ]);
    expect(await refused(add({ FeatureName: "s3Import" }))).to.equal("DBClusterRoleAlreadyExistsFault 400");
    expect(await refused(add({ FeatureName: "coffee" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(add({ RoleArn: "import" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(remove())).to.equal("DBClusterRoleNotFoundFault 404");
    await remove({ FeatureName: "s3Import" });
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).AssociatedRoles).to.deep.equal([]);
  });

  const find = async (input: DescribeGlobalClustersCommandInput) =>
    (await aws.rds.send(new DescribeGlobalClustersCommand(input))).GlobalClusters ?? [];

  it("global clusters begin with a cluster, are found by it, and let it go", async () => {
    const cluster = await createCluster(aws.rds, { DatabaseName: "orders" });
    const { DBClusterIdentifier, DBClusterArn } = cluster;
    await createMember(aws.rds, DBClusterIdentifier);
    const GlobalClusterIdentifier = uniqueCluster();
    const request = { GlobalClusterIdentifier, SourceDBClusterIdentifier: DBClusterArn };
    const create = (more: object = {}) => aws.rds.send(new CreateGlobalClusterCommand({ ...request, ...more }));
    const { GlobalCluster } = await create({ Tags: tags, DeletionProtection: true });
    expect(GlobalCluster).to.deep.include({
      ...{ GlobalClusterIdentifier, Status: "available", Engine: "aurora-postgresql", DatabaseName: "orders" },
      ...{ GlobalClusterArn: `arn:aws:rds::000000000000:global-cluster:${GlobalClusterIdentifier}`, TagList: tags },
      EngineVersion: cluster.EngineVersion,
      GlobalClusterMembers: [{ DBClusterArn, IsWriter: true, Readers: [], GlobalWriteForwardingStatus: "disabled" }],
    });
    expect((await describeCluster(aws.rds, DBClusterIdentifier)).GlobalClusterIdentifier).to.equal(
      GlobalClusterIdentifier,
    );
    const named = (list: Awaited<ReturnType<typeof find>>) => list.map((one) => one.GlobalClusterIdentifier);
    expect(named(await find({ Filters: [{ Name: "db-cluster-id", Values: [DBClusterArn] }] }))).to.deep.equal([
      GlobalClusterIdentifier,
    ]);
    expect(await find({ Filters: [{ Name: "db-cluster-id", Values: ["none"] }] })).to.deep.equal([]);
    expect(await refused(create())).to.equal("InvalidParameterValue 400");
    const removeCluster = new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true });
    expect(await refused(aws.rds.send(removeCluster))).to.equal("InvalidDBClusterStateFault 400");
    const remove = () => aws.rds.send(new DeleteGlobalClusterCommand({ GlobalClusterIdentifier }));
    expect(await refused(remove())).to.equal("InvalidParameterCombination 400");
    const change = { GlobalClusterIdentifier, DeletionProtection: false };
    await aws.rds.send(new ModifyGlobalClusterCommand(change));
    expect(await refused(remove())).to.equal("InvalidGlobalClusterStateFault 400");
    for (const Command of [FailoverGlobalClusterCommand, SwitchoverGlobalClusterCommand]) {
      const to = (TargetDbClusterIdentifier: string) =>
        refused(aws.rds.send(new Command({ GlobalClusterIdentifier, TargetDbClusterIdentifier })));
      expect(await to(DBClusterArn)).to.equal("InvalidGlobalClusterStateFault 400");
      expect(await to("none")).to.equal("DBClusterNotFoundFault 404");
    }
    const leave = { GlobalClusterIdentifier, DbClusterIdentifier: DBClusterArn };
    await aws.rds.send(new RemoveFromGlobalClusterCommand(leave));
    expect(await refused(aws.rds.send(new RemoveFromGlobalClusterCommand(leave)))).to.equal(
      "InvalidParameterValue 400",
    );
    const gone = { ...leave, DbClusterIdentifier: "arn:aws:rds:us-east-1:000000000000:cluster:gone" };
    expect(await refused(aws.rds.send(new RemoveFromGlobalClusterCommand(gone)))).to.equal("InvalidParameterValue 400");
    await remove();
    expect(await refused(find({ GlobalClusterIdentifier }))).to.equal("GlobalClusterNotFoundFault 404");
  });

  it("global clusters without a cluster take a new one, and another name with their tags", async () => {
    const before = uniqueCluster();
    const create = (more: object) => {
      const request = { GlobalClusterIdentifier: before, Engine: "aurora-postgresql", Tags: tags, ...more };
      return aws.rds.send(new CreateGlobalClusterCommand(request));
    };
    expect(await refused(create({ Engine: "abacus" }))).to.equal("InvalidParameterValue 400");
    await create({});
    expect(await refused(create({}))).to.equal("GlobalClusterAlreadyExistsFault 400");
    const { DBClusterArn, DBClusterIdentifier } = await createCluster(aws.rds, { GlobalClusterIdentifier: before });
    expect(await refused(createCluster(aws.rds, { GlobalClusterIdentifier: before }))).to.equal(
      "InvalidGlobalClusterStateFault 400",
    );
    const name = uniqueCluster();
    const rename = { GlobalClusterIdentifier: before, NewGlobalClusterIdentifier: name };
    await aws.rds.send(new ModifyGlobalClusterCommand(rename));
    const [found] = await find({ GlobalClusterIdentifier: name });
    expect(found?.GlobalClusterMembers?.map((one) => one.DBClusterArn)).to.deep.equal([DBClusterArn]);
    const more = { ResourceName: found?.GlobalClusterArn, Tags: [{ Key: "c", Value: "d" }] };
    await aws.rds.send(new AddTagsToResourceCommand(more));
    expect((await find({ GlobalClusterIdentifier: name }))[0]?.TagList).to.deep.equal([...tags, ...more.Tags]);
    await aws.rds.send(
      new RemoveFromGlobalClusterCommand({ GlobalClusterIdentifier: name, DbClusterIdentifier: DBClusterIdentifier }),
    );
    await aws.rds.send(new DeleteGlobalClusterCommand({ GlobalClusterIdentifier: name }));
  });
});

describe("rds custom endpoints on the embedded runtime", function () {
  this.timeout(240_000);
  this.slow(20_000);
  let aws: TestServer;
  withRealDatabases((started) => {
    aws = started;
  });

  async function isReadOnly(host: string | undefined, port: number | undefined): Promise<unknown> {
    const login = { user: "master", password: masterPassword, database: "postgres" };
    const client = new pg.Client({ host, port, ...login });
    await client.connect();
    try {
      return (await client.query("select current_setting('transaction_read_only') as r")).rows[0].r;
    } finally {
      await client.end();
    }
  }

  it("lead to the members that they have, as writers or readers, and nowhere once they are deleted", async () => {
    const { DBClusterIdentifier, Port } = await createCluster(aws.rds);
    const first = (await createMember(aws.rds, DBClusterIdentifier)).DBInstanceIdentifier;
    const second = (await createMember(aws.rds, DBClusterIdentifier)).DBInstanceIdentifier;
    const endpoint = async (EndpointType: string, more: object) => {
      const request = { DBClusterIdentifier, DBClusterEndpointIdentifier: uniqueCluster(), EndpointType, ...more };
      return (await aws.rds.send(new CreateDBClusterEndpointCommand(request))).Endpoint;
    };
    const any = await endpoint("ANY", {});
    const readers = await endpoint("READER", {});
    const ofFirst = await endpoint("ANY", { StaticMembers: [first] });
    const butFirst = await endpoint("ANY", { ExcludedMembers: [first] });
    const places = [any, readers, ofFirst, butFirst];
    expect(new Set(places).size).to.equal(4);
    const answers = () => Promise.all(places.map((place) => isReadOnly(place, Port)));
    expect(await answers()).to.deep.equal(["off", "on", "off", "on"]);
    const failover = { DBClusterIdentifier, TargetDBInstanceIdentifier: second };
    await aws.rds.send(new FailoverDBClusterCommand(failover));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    expect(await answers()).to.deep.equal(["off", "on", "on", "off"]);
    const { DBClusterEndpoints = [] } = await aws.rds.send(
      new DescribeDBClusterEndpointsCommand({ DBClusterIdentifier }),
    );
    for (const { DBClusterEndpointIdentifier } of DBClusterEndpoints) {
      if (DBClusterEndpointIdentifier === undefined) continue;
      await aws.rds.send(new DeleteDBClusterEndpointCommand({ DBClusterEndpointIdentifier }));
    }
    for (const place of places) {
      const error = await isReadOnly(place, Port).catch((reason) => reason);
      expect(error).to.have.property("code", "ECONNREFUSED");
    }
  });
});
