import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBSnapshotsCommand,
  StartDBClusterCommand,
  StartDBInstanceCommand,
  StopDBClusterCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import type { SecretDocument } from "../../../src/db/secretsmanager-tables.ts";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  createCluster,
  createMember,
  describeCluster,
  uniqueCluster,
  untilCluster,
  untilClusterGone,
} from "./db-clusters.ts";
import { createAvailable, describeInstance, untilGone, untilStatus } from "./db-instances.ts";

describe("rds at the start of LocalAWS", () => {
  let dataDir: string;
  let aws: TestServer;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-rds-"));
    aws = await startLocalAws({ dataDir });
  });
  afterEach(async () => {
    await aws.stop();
    await rm(dataDir, { recursive: true });
  });

  /** `meanwhile` finds the data folder as LocalAWS left it. */
  async function restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await aws.close();
    await meanwhile();
    aws = await startLocalAws({ dataDir });
  }

  /** As a process leaves it that is killed while this goes on. */
  async function cutOff(identifier: string, status: string): Promise<void> {
    const db = await openDatabase(dataDir);
    await db
      .updateTable("db_instances")
      .set({ db_instance_status: status })
      .where("db_instance_identifier", "=", identifier)
      .execute();
    await db.destroy();
  }

  /** As `cutOff`, of what is kept as a whole. */
  async function rewrite(name: string, changes: object): Promise<void> {
    const db = await openDatabase(dataDir);
    const { document } = await db
      .selectFrom("rds_resources")
      .select("document")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    await db
      .updateTable("rds_resources")
      .set({ document: JSON.stringify({ ...JSON.parse(document), ...changes }) })
      .where("name", "=", name)
      .execute();
    await db.destroy();
  }

  it("finds instances as they were, with their ports and tags", async () => {
    const running = await createAvailable(aws.rds, { Tags: [{ Key: "a", Value: "b" }] });
    const stopped = await createAvailable(aws.rds);
    await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: stopped.DBInstanceIdentifier }));
    await untilStatus(aws.rds, stopped.DBInstanceIdentifier, "stopped");
    await restart();
    const { LatestRestorableTime, ...found } = await untilStatus(aws.rds, running.DBInstanceIdentifier, "available");
    expect({ ...found, LatestRestorableTime: running.LatestRestorableTime }).to.deep.equal(running);
    expect(LatestRestorableTime).to.be.greaterThan(running.LatestRestorableTime ?? new Date());
    const { DBInstanceStatus, Endpoint } = await describeInstance(aws.rds, stopped.DBInstanceIdentifier);
    expect({ DBInstanceStatus, Endpoint }).to.deep.equal({ DBInstanceStatus: "stopped", Endpoint: stopped.Endpoint });
  });

  for (const [before, after] of [
    ["starting", "available"],
    ["rebooting", "available"],
    ["stopping", "stopped"],
    ["creating", "available"],
  ] as const) {
    it(`makes an instance ${after} whose ${before} was cut off`, async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      await restart(() => cutOff(DBInstanceIdentifier, before));
      await untilStatus(aws.rds, DBInstanceIdentifier, after);
    });
  }

  for (const staged of [true, false]) {
    it(`${staged ? "finishes" : "drops"} a rotation that was cut off ${staged ? "after" : "before"} its password was written down`, async () => {
      const { DBInstanceIdentifier, MasterUserSecret } = await createAvailable(aws.rds, {
        ...{ ManageMasterUserPassword: true, MasterUserPassword: undefined },
      });
      const { SecretArn = "" } = MasterUserSecret ?? {};
      const before = await passwordOf(SecretArn);
      await restart(async () => {
        await cutOff(DBInstanceIdentifier, "resetting-master-credentials");
        const db = await openDatabase(dataDir);
        const { document } = await db.selectFrom("db_instances").select("document").executeTakeFirstOrThrow();
        const change = { PendingModifiedValues: { MasterUserPassword: "****" } };
        const rotating = { MasterUserSecret: { ...JSON.parse(document).MasterUserSecret, SecretStatus: "rotating" } };
        const instance = JSON.stringify({ ...JSON.parse(document), ...change, ...rotating });
        await db.updateTable("db_instances").set({ document: instance }).execute();
        if (staged) {
          const row = await db.selectFrom("secrets").select("document").executeTakeFirstOrThrow();
          const secret: SecretDocument = JSON.parse(row.document);
          const value = JSON.stringify({ username: "master", password: "the-next-one" });
          const next = { id: "next", stages: ["AWSPENDING"], created: secret.created, value };
          const after = JSON.stringify({ ...secret, versions: [...secret.versions, next] });
          await db.updateTable("secrets").set({ document: after }).execute();
        }
        await db.destroy();
      });
      await eventually("the rotation has ended", async () => {
        const instance = await describeInstance(aws.rds, DBInstanceIdentifier);
        const isPending = instance.PendingModifiedValues?.MasterUserPassword !== undefined;
        return instance.MasterUserSecret?.SecretStatus === "active" && !isPending;
      });
      expect(await passwordOf(SecretArn)).to.equal(staged ? "the-next-one" : before);
    });
  }

  for (const reason of ["seven days have passed", "RotateSecret has asked for it"]) {
    it(`rotates the managed passwords of instances and clusters when ${reason}`, async () => {
      const managed = { ManageMasterUserPassword: true, MasterUserPassword: undefined };
      const instance = await createAvailable(aws.rds, managed);
      const cluster = await createCluster(aws.rds, managed);
      const arns = [instance, cluster].map(({ MasterUserSecret }) => MasterUserSecret?.SecretArn ?? "");
      const before = await Promise.all(arns.map(passwordOf));
      const secrets = new SecretsManagerClient(aws.clientConfig);
      const asked: (string | undefined)[] = [];
      try {
        for (const SecretId of reason.startsWith("Rotate") ? arns : []) {
          asked.push((await secrets.send(new RotateSecretCommand({ SecretId }))).VersionId);
        }
      } finally {
        secrets.destroy();
      }
      await restart(async () => {
        const db = await openDatabase(dataDir);
        for (const row of reason.startsWith("seven") ? await db.selectFrom("secrets").selectAll().execute() : []) {
          const created = new Date(Date.now() - 7 * 86_400_000).toISOString();
          const document = JSON.stringify({ ...JSON.parse(row.document), created });
          await db.updateTable("secrets").set({ document }).where("arn", "=", row.arn).execute();
        }
        await db.destroy();
      });
      await eventually("the passwords are others", async () => {
        const after = await Promise.all(arns.map(passwordOf));
        return after.every((password, index) => password !== before[index]);
      });
      await untilStatus(aws.rds, instance.DBInstanceIdentifier, "available");
      await untilCluster(aws.rds, cluster.DBClusterIdentifier, "available");
      const versions = await Promise.all(arns.map(versionsOf));
      for (const [index, stages] of versions.entries()) {
        expect(Object.values(stages)).to.deep.equal([["AWSPREVIOUS"], ["AWSCURRENT"]]);
        if (asked[index] !== undefined) expect(stages).to.have.deep.property(asked[index], ["AWSCURRENT"]);
      }
    });
  }

  async function versionsOf(SecretId: string): Promise<Record<string, string[]>> {
    const secrets = new SecretsManagerClient(aws.clientConfig);
    try {
      const described = await secrets.send(new DescribeSecretCommand({ SecretId }));
      expect(described).to.deep.include({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 7 } });
      expect(described.NextRotationDate?.getTime()).to.be.greaterThan(Date.now());
      return described.VersionIdsToStages ?? {};
    } finally {
      secrets.destroy();
    }
  }

  async function passwordOf(SecretId: string): Promise<string> {
    const secrets = new SecretsManagerClient(aws.clientConfig);
    try {
      const { SecretString = "" } = await secrets.send(new GetSecretValueCommand({ SecretId }));
      const { password }: { password: string } = JSON.parse(SecretString);
      return password;
    } finally {
      secrets.destroy();
    }
  }

  it("finishes a delete that was cut off", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await restart(() => cutOff(DBInstanceIdentifier, "deleting"));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  it("keeps an instance whose delete was cut off before its final snapshot was taken", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const DBSnapshotIdentifier = "cut-off";
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    await restart(async () => {
      await cutOff(DBInstanceIdentifier, "deleting");
      await rewrite(DBSnapshotIdentifier, { status: "creating" });
    });
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const { DBSnapshots } = await aws.rds.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
    expect(DBSnapshots?.[0]?.Status).to.equal("failed");
  });

  it("shows an instance whose server is gone as failed, which can only be deleted", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    await restart(() => rm(join(dataDir, "rds"), { recursive: true }));
    const instance = await describeInstance(aws.rds, DBInstanceIdentifier);
    expect(instance).to.include({ DBInstanceStatus: "failed" }).and.not.to.have.property("Endpoint");
    const start = await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier })).catch((error) => error);
    expect(start.name).to.equal("InvalidDBInstanceStateFault");
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  it("finds clusters as they were, with their members, and finishes what was cut off", async () => {
    const running = await createCluster(aws.rds);
    const { DBInstanceIdentifier } = await createMember(aws.rds, running.DBClusterIdentifier);
    const stopped = await createCluster(aws.rds);
    await aws.rds.send(new StopDBClusterCommand({ DBClusterIdentifier: stopped.DBClusterIdentifier }));
    await untilCluster(aws.rds, stopped.DBClusterIdentifier, "stopped");
    const before = await describeCluster(aws.rds, running.DBClusterIdentifier);
    await restart(() => cutOff(DBInstanceIdentifier, "creating"));
    await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    const { LatestRestorableTime: _, EarliestRestorableTime: _earliest, ...same } = before;
    expect(await describeCluster(aws.rds, running.DBClusterIdentifier)).to.deep.include(same);
    expect(await describeCluster(aws.rds, stopped.DBClusterIdentifier)).to.include({ Status: "stopped" });
    expect(await readdir(join(dataDir, "rds"))).to.have.members([
      ...[running.DbClusterResourceId, stopped.DbClusterResourceId],
    ]);
    await restart(() => cutOff(DBInstanceIdentifier, "deleting"));
    await untilGone(aws.rds, DBInstanceIdentifier);
  });

  it("shows a cluster whose server is gone as failed with its members, which can only be deleted", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const { DBInstanceIdentifier } = await createMember(aws.rds, DBClusterIdentifier);
    await restart(() => rm(join(dataDir, "rds"), { recursive: true }));
    await untilCluster(aws.rds, DBClusterIdentifier, "failed");
    expect(await describeInstance(aws.rds, DBInstanceIdentifier)).to.include({ DBInstanceStatus: "failed" });
    const start = await aws.rds.send(new StartDBClusterCommand({ DBClusterIdentifier })).catch((error) => error);
    expect(start.name).to.equal("InvalidDBClusterStateFault");
    await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier }));
    await aws.rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier, SkipFinalSnapshot: true }));
    await untilClusterGone(aws.rds, DBClusterIdentifier);
  });

  it("keeps a cluster whose delete was cut off before its final snapshot was taken", async () => {
    const { DBClusterIdentifier } = await createCluster(aws.rds);
    const DBClusterSnapshotIdentifier = uniqueCluster();
    await aws.rds.send(new CreateDBClusterSnapshotCommand({ DBClusterIdentifier, DBClusterSnapshotIdentifier }));
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    await restart(async () => {
      await rewrite(DBClusterIdentifier, { status: "deleting" });
      await rewrite(DBClusterSnapshotIdentifier, { status: "creating" });
    });
    await untilCluster(aws.rds, DBClusterIdentifier, "available");
    const { DBClusterSnapshots } = await aws.rds.send(
      new DescribeDBClusterSnapshotsCommand({ DBClusterSnapshotIdentifier }),
    );
    expect(DBClusterSnapshots?.[0]?.Status).to.equal("failed");
    await restart(() => rewrite(DBClusterIdentifier, { status: "deleting" }));
    await untilClusterGone(aws.rds, DBClusterIdentifier);
  });

  it("removes a server that no instance knows", async () => {
    const { DbiResourceId } = await createAvailable(aws.rds);
    const servers = join(dataDir, "rds");
    expect(await readdir(servers)).to.deep.equal([DbiResourceId]);
    await restart(async () => {
      const db = await openDatabase(dataDir);
      await db.deleteFrom("db_instances").execute();
      await db.destroy();
    });
    expect(await readdir(servers)).to.deep.equal([]);
  });
});
