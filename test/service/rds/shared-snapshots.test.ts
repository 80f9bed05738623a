import {
  CopyDBClusterSnapshotCommand,
  CreateDBClusterCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBSnapshotsCommand,
  type DescribeDBSnapshotsCommandInput,
  ModifyDBClusterSnapshotAttributeCommand,
  ModifyDBSnapshotAttributeCommand,
  RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, masterPassword, uniqueIdentifier } from "./db-instances.ts";
import { refused } from "./rejection.ts";

describe("rds snapshots of other accounts and regions", () => {
  let aws: TestServer;
  let other: RDSClient;
  let europe: RDSClient;
  before(async () => {
    aws = await startLocalAws({ credentials: "AKIAOTHER:other:111111111111" });
    const credentials = { accessKeyId: "AKIAOTHER", secretAccessKey: "other" };
    other = new RDSClient({ ...aws.clientConfig, credentials });
    europe = new RDSClient({ ...aws.clientConfig, region: "eu-west-1" });
  });
  after(async () => {
    other.destroy();
    europe.destroy();
    await aws.stop();
  });

  async function snapshot(): Promise<string> {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { BackupRetentionPeriod: 0 });
    const DBSnapshotIdentifier = uniqueIdentifier();
    await aws.rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier, DBSnapshotIdentifier }));
    return DBSnapshotIdentifier;
  }

  const share = (DBSnapshotIdentifier: string, ...ValuesToAdd: string[]) => {
    const change = { DBSnapshotIdentifier, AttributeName: "restore", ValuesToAdd };
    return aws.rds.send(new ModifyDBSnapshotAttributeCommand(change));
  };

  const seenBy = async (client: RDSClient, input: DescribeDBSnapshotsCommandInput) => {
    const { DBSnapshots = [] } = await client.send(new DescribeDBSnapshotsCommand(input));
    return DBSnapshots.map(({ DBSnapshotIdentifier, SnapshotType }) => `${SnapshotType} ${DBSnapshotIdentifier}`);
  };

  it("are listed where they are asked for, by their ARNs, as shared or public ones", async () => {
    const [secret, shared, open] = [await snapshot(), await snapshot(), await snapshot()];
    await share(shared, "111111111111");
    await share(open, "all");
    const arnOf = (name: string) => `arn:aws:rds:us-east-1:000000000000:snapshot:${name}`;
    expect(await seenBy(other, {})).to.deep.equal([]);
    expect(await seenBy(other, { IncludeShared: true })).to.deep.equal([`shared ${arnOf(shared)}`]);
    expect(await seenBy(other, { SnapshotType: "shared" })).to.deep.equal([`shared ${arnOf(shared)}`]);
    expect(await seenBy(other, { SnapshotType: "public" })).to.deep.equal([`public ${arnOf(open)}`]);
    expect(await seenBy(other, { IncludeShared: true, IncludePublic: true })).to.have.length(2);
    expect(await seenBy(other, { SnapshotType: "manual", IncludeShared: true })).to.deep.equal([]);
    expect(await seenBy(other, { DBSnapshotIdentifier: arnOf(shared) })).to.deep.equal([`shared ${arnOf(shared)}`]);
    expect(await refused(seenBy(other, { DBSnapshotIdentifier: arnOf(secret) }))).to.equal(
      "DBSnapshotNotFoundFault 404",
    );
    expect(await seenBy(aws.rds, { SnapshotType: "public" })).to.deep.equal([`public ${open}`]);
    expect(await seenBy(aws.rds, { SnapshotType: "awsbackup" })).to.deep.equal([]);
    expect(await refused(seenBy(aws.rds, { SnapshotType: "mine" }))).to.equal("InvalidParameterValue 400");
    expect(await refused(seenBy(aws.rds, { DBSnapshotIdentifier: "none" }))).to.equal("DBSnapshotNotFoundFault 404");
  });

  it("of clusters are listed and restored, and copied with zones and a key of the region", async () => {
    const [DBClusterIdentifier, DBClusterSnapshotIdentifier] = [uniqueIdentifier(), uniqueIdentifier()];
    const engine = { Engine: "aurora-postgresql", StorageEncrypted: true };
    await aws.rds.send(
      new CreateDBClusterCommand({
        ...{ DBClusterIdentifier, ...engine, MasterUsername: "master", MasterUserPassword: masterPassword },
      }),
    );
    const own = { DBClusterIdentifier, DBClusterSnapshotIdentifier };
    const { DBClusterSnapshot } = await eventually("the cluster is available", () =>
      aws.rds.send(new CreateDBClusterSnapshotCommand(own)).catch(() => undefined),
    );
    const SnapshotIdentifier = DBClusterSnapshot?.DBClusterSnapshotArn ?? "";
    const restore = () =>
      other.send(
        new RestoreDBClusterFromSnapshotCommand({
          ...{ DBClusterIdentifier: uniqueIdentifier(), Engine: "aurora-postgresql", SnapshotIdentifier },
        }),
      );
    expect(await refused(restore())).to.equal("DBClusterSnapshotNotFoundFault 404");
    const sharing = { DBClusterSnapshotIdentifier, AttributeName: "restore", ValuesToAdd: ["111111111111"] };
    await aws.rds.send(new ModifyDBClusterSnapshotAttributeCommand(sharing));
    const { DBClusterSnapshots: [seen] = [] } = await other.send(
      new DescribeDBClusterSnapshotsCommand({ IncludeShared: true }),
    );
    expect(seen).to.include({ DBClusterSnapshotIdentifier: SnapshotIdentifier, SnapshotType: "shared" });
    await eventually("the snapshot is available", () => restore().catch(() => undefined));

    const key = "arn:aws:kms:eu-west-1:000000000000:key/0d2ba1d0-1c6c-4f6d-9c3d-1a2b3c4d5e6f";
    const { DBClusterSnapshot: copy } = await europe.send(
      new CopyDBClusterSnapshotCommand({
        ...{ SourceDBClusterSnapshotIdentifier: SnapshotIdentifier, KmsKeyId: key },
        TargetDBClusterSnapshotIdentifier: DBClusterSnapshotIdentifier,
      }),
    );
    expect(copy).to.deep.include({
      ...{ SourceDBClusterSnapshotArn: SnapshotIdentifier, StorageEncrypted: true, KmsKeyId: key },
      AvailabilityZones: ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
    });
  });
});
