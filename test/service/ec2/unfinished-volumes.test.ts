import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AttachVolumeCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DescribeVolumesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { openDatabase } from "../../../src/db/open-database.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal, runOne } from "./support.ts";

describe("ec2 volumes whose creation was cut off", () => {
  let aws: TestServer;
  let dataDir: string;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "localaws-test-"));
    aws = await startLocalAws({ dataDir });
  });
  after(async () => {
    await aws.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("are in error after a start, and nobody takes them for volumes with their bytes", async () => {
    const made = await aws.ec2.send(new CreateVolumeCommand({ Size: 1, AvailabilityZone: "us-east-1a" }));
    expect(made.State).to.equal("creating");
    const VolumeId = made.VolumeId ?? "";
    await aws.close();
    const db = await openDatabase(dataDir);
    const row = await db.selectFrom("ec2_volumes").select("data").where("id", "=", VolumeId).executeTakeFirstOrThrow();
    const data = JSON.stringify({ ...JSON.parse(row.data), State: "creating" });
    await db.updateTable("ec2_volumes").set({ data }).where("id", "=", VolumeId).execute();
    await db.destroy();

    aws = await startLocalAws({ dataDir });
    const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
    expect(Volumes?.[0]?.State).to.equal("error");
    const InstanceId = await runOne(aws.ec2);
    const attached = await refusal(aws.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: "/dev/sdf" })));
    expect(attached.code).to.equal("IncorrectState");
    expect((await refusal(aws.ec2.send(new CreateSnapshotCommand({ VolumeId })))).code).to.equal("IncorrectState");
    await aws.ec2.send(new DeleteVolumeCommand({ VolumeId }));
  });
});
