import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBSnapshotsCommand,
  RebootDBInstanceCommand,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { loadSqlite } from "../../../src/db/sqlite.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import {
  createAvailable,
  describeInstance,
  uniqueIdentifier,
  untilGone,
  untilStatus,
  validRequest,
} from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds instance states", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("rds StopDBInstance and StartDBInstance", () => {
    it("goes through stopping to stopped and through starting to available, with the same endpoint", async () => {
      const { DBInstanceIdentifier, Endpoint } = await createAvailable(aws.rds);
      const stop = await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
      expect(stop.DBInstance?.DBInstanceStatus).to.equal("stopping");
      expect((await untilStatus(aws.rds, DBInstanceIdentifier, "stopped")).Endpoint).to.deep.equal(Endpoint);
      const start = await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
      expect(start.DBInstance?.DBInstanceStatus).to.equal("starting");
      expect((await untilStatus(aws.rds, DBInstanceIdentifier, "available")).Endpoint).to.deep.equal(Endpoint);
    });

    it("rejects starting an available instance with InvalidDBInstanceState", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const error = await rejectionOf(aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier })));
      expect(error).to.include({ name: "InvalidDBInstanceStateFault", status: 400 });
    });

    it("rejects stopping a stopped instance with InvalidDBInstanceState", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
      const error = await rejectionOf(aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier })));
      expect(error.name).to.equal("InvalidDBInstanceStateFault");
      expect(error.message).to.equal(`Instance ${DBInstanceIdentifier} is not in available state.`);
    });

    it("takes the snapshot that is asked for before it stops, and does not stop where its name is taken", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const request = { DBInstanceIdentifier, DBSnapshotIdentifier: "before-stop" };
      await aws.rds.send(new StopDBInstanceCommand(request));
      await untilStatus(aws.rds, DBInstanceIdentifier, "stopped");
      const describe = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: "before-stop" });
      const { DBSnapshots } = await aws.rds.send(describe);
      expect(DBSnapshots?.[0]).to.include({ DBInstanceIdentifier, Status: "available", SnapshotType: "manual" });
      await aws.rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      const again = await rejectionOf(aws.rds.send(new StopDBInstanceCommand(request)));
      expect(again.name).to.equal("DBSnapshotAlreadyExistsFault");
      expect((await describeInstance(aws.rds, DBInstanceIdentifier)).DBInstanceStatus).to.equal("available");
    });
  });

  describe("rds RebootDBInstance", () => {
    it("goes through rebooting to available", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const { DBInstance } = await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier }));
      expect(DBInstance?.DBInstanceStatus).to.equal("rebooting");
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    });

    it("forces a failover of an instance with MultiAZ", async () => {
      const { DBInstanceIdentifier, ...before } = await createAvailable(aws.rds, { MultiAZ: true });
      expect(before).to.include({ AvailabilityZone: "us-east-1a", SecondaryAvailabilityZone: "us-east-1b" });
      await aws.rds.send(new RebootDBInstanceCommand({ DBInstanceIdentifier, ForceFailover: true }));
      expect(await untilStatus(aws.rds, DBInstanceIdentifier, "available")).to.include({
        ...{ AvailabilityZone: "us-east-1b", SecondaryAvailabilityZone: "us-east-1a" },
      });
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
    });

    it("rejects ForceFailover of an instance without a standby with InvalidParameterCombination", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const request = { DBInstanceIdentifier, ForceFailover: true };
      const error = await rejectionOf(aws.rds.send(new RebootDBInstanceCommand(request)));
      expect(error.name).to.equal("InvalidParameterCombination");
    });
  });

  describe("rds DeleteDBInstance", () => {
    it("goes through deleting until the instance is gone, and frees its identifier", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { Tags: [{ Key: "first", Value: "1" }] });
      const request = { DBInstanceIdentifier, SkipFinalSnapshot: true };
      const { DBInstance } = await aws.rds.send(new DeleteDBInstanceCommand(request));
      expect(DBInstance?.DBInstanceStatus).to.equal("deleting");
      await untilGone(aws.rds, DBInstanceIdentifier);
      expect((await createAvailable(aws.rds, { DBInstanceIdentifier })).TagList).to.deep.equal([]);
    });

    it("deletes an instance that is being created", async () => {
      const { DBInstanceIdentifier } = validRequest();
      await aws.rds.send(new CreateDBInstanceCommand(validRequest({ DBInstanceIdentifier })));
      await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
      await untilGone(aws.rds, DBInstanceIdentifier);
    });

    it("deletes a stopped instance", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      await aws.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
      await aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier, SkipFinalSnapshot: true }));
      await untilGone(aws.rds, DBInstanceIdentifier);
    });

    it("rejects a delete that says nothing of a final snapshot with InvalidParameterCombination", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const error = await rejectionOf(aws.rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier })));
      expect(error.name).to.equal("InvalidParameterCombination");
      expect(error.message).to.equal("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.");
    });

    it("rejects a final snapshot together with SkipFinalSnapshot with InvalidParameterCombination", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const request = { DBInstanceIdentifier, SkipFinalSnapshot: true, FinalDBSnapshotIdentifier: "last" };
      const error = await rejectionOf(aws.rds.send(new DeleteDBInstanceCommand(request)));
      expect(error.name).to.equal("InvalidParameterCombination");
    });

    it("refuses a final snapshot whose name is taken, and keeps the instance", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds);
      const DBSnapshotIdentifier = uniqueIdentifier();
      await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
      await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      const request = { DBInstanceIdentifier, FinalDBSnapshotIdentifier: DBSnapshotIdentifier };
      const error = await rejectionOf(aws.rds.send(new DeleteDBInstanceCommand(request)));
      expect(error).to.include({ name: "DBSnapshotAlreadyExistsFault", status: 400 });
      expect((await describeInstance(aws.rds, DBInstanceIdentifier)).DBInstanceStatus).to.equal("available");
    });

    it("rejects an instance with deletion protection with InvalidParameterCombination", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { DeletionProtection: true });
      const request = { DBInstanceIdentifier, SkipFinalSnapshot: true };
      const error = await rejectionOf(aws.rds.send(new DeleteDBInstanceCommand(request)));
      expect(error.name).to.equal("InvalidParameterCombination");
      expect(error.message).to.match(/^Cannot delete protected DB Instance/);
    });

    it("rejects an unknown instance with DBInstanceNotFound 404", async () => {
      const request = { DBInstanceIdentifier: uniqueIdentifier(), SkipFinalSnapshot: true };
      const error = await rejectionOf(aws.rds.send(new DeleteDBInstanceCommand(request)));
      expect(error).to.include({ name: "DBInstanceNotFoundFault", status: 404 });
    });
  });

  it("a stopped instance says when it is started by itself, and is by then", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "localaws-stopped-"));
    let own = await startLocalAws({ dataDir });
    try {
      const { DBInstanceIdentifier } = await createAvailable(own.rds);
      const before = Date.now();
      await own.rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier }));
      const { AutomaticRestartTime } = await untilStatus(own.rds, DBInstanceIdentifier, "stopped");
      expect(AutomaticRestartTime?.getTime()).to.be.at.least(before + 7 * 86_400_000);
      await own.close();
      const Sqlite = await loadSqlite();
      const db = new Sqlite(join(dataDir, "metadata", "localaws.db"));
      const { document } = db.prepare("select document from db_instances").get() as { document: string };
      const past = { ...JSON.parse(document), AutomaticRestartTime: new Date(before) };
      db.prepare("update db_instances set document = ?").run(JSON.stringify(past));
      db.close();
      own = await startLocalAws({ dataDir });
      const after = await untilStatus(own.rds, DBInstanceIdentifier, "available");
      expect(after.AutomaticRestartTime).to.equal(undefined);
    } finally {
      await own.stop();
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    }
  });
});
