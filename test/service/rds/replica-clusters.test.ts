import {
  CreateDBClusterCommand,
  DeleteDBClusterCommand,
  PromoteReadReplicaDBClusterCommand,
  type RDSClient,
  StopDBClusterCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import type { TestServer } from "../../support/server.ts";
import { clusterRequest, createCluster, describeCluster, uniqueCluster, untilCluster } from "./db-clusters.ts";
import { withTwoRegions } from "./own-servers.ts";
import { refused } from "./rejection.ts";

describe("rds replica clusters of aurora-mysql", () => {
  let aws: TestServer;
  let europe: RDSClient;
  withTwoRegions((...started) => {
    [aws, europe] = started;
  });

  it("follow a cluster of another region, and are promoted", async () => {
    const source = await createCluster(aws.rds, { Engine: "aurora-mysql", DatabaseName: "shop" });
    const own = { DBClusterIdentifier: uniqueCluster(), Engine: "aurora-mysql", MasterUsername: "another" };
    const creation = { ...own, ReplicationSourceIdentifier: source.DBClusterArn };
    await europe.send(new CreateDBClusterCommand(creation));
    const replica = await untilCluster(europe, own.DBClusterIdentifier, "available");
    expect(replica).to.deep.include({
      ...{ ReplicationSourceIdentifier: source.DBClusterArn, MasterUsername: "master", DatabaseName: "shop" },
      AvailabilityZones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    });
    const of = { DBClusterIdentifier: source.DBClusterIdentifier };
    const { ReadReplicaIdentifiers } = await describeCluster(aws.rds, of.DBClusterIdentifier);
    expect(ReadReplicaIdentifiers).to.deep.equal([replica.DBClusterArn]);
    for (const call of [new StopDBClusterCommand(of), new DeleteDBClusterCommand({ ...of, SkipFinalSnapshot: true })]) {
      expect(await refused(aws.rds.send(call))).to.equal("InvalidDBClusterStateFault 400");
    }
    const promotion = new PromoteReadReplicaDBClusterCommand({ DBClusterIdentifier: own.DBClusterIdentifier });
    const { DBCluster } = await europe.send(promotion);
    expect(DBCluster?.Status).to.equal("promoting");
    const promoted = await untilCluster(europe, own.DBClusterIdentifier, "available");
    expect(promoted).not.to.have.property("ReplicationSourceIdentifier");
    expect(promoted).to.have.property("LatestRestorableTime");
    expect((await describeCluster(aws.rds, of.DBClusterIdentifier)).ReadReplicaIdentifiers).to.deep.equal([]);
    expect(await refused(europe.send(promotion))).to.equal("InvalidDBClusterStateFault 400");
  });

  it("are refused of what is not there, of another engine, and of PostgreSQL", async () => {
    const replicate = (Engine: string, ReplicationSourceIdentifier: string) =>
      refused(europe.send(new CreateDBClusterCommand(clusterRequest({ Engine, ReplicationSourceIdentifier }))));
    const none = "arn:aws:rds:us-east-1:000000000000:cluster:none";
    expect(await replicate("aurora-mysql", none)).to.equal("DBClusterNotFoundFault 404");
    const postgres = await createCluster(aws.rds);
    expect(await replicate("aurora-postgresql", postgres.DBClusterArn)).to.equal("NotImplemented 501");
    const mysql = await createCluster(aws.rds, { Engine: "aurora-mysql" });
    expect(await replicate("aurora-postgresql", mysql.DBClusterArn)).to.equal("InvalidParameterCombination 400");
  });
});
