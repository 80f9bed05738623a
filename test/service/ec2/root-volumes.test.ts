import { join } from "node:path";
import {
  CopyVolumesCommand,
  CreateImageCommand,
  CreateReplaceRootVolumeTaskCommand,
  type CreateReplaceRootVolumeTaskCommandInput,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeVolumesCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { loadSqlite } from "../../../src/db/sqlite.ts";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";
import { describeOne, refusal, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 replaced root volumes", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function rootOf(id: string) {
    const Filters = [{ Name: "attachment.instance-id", Values: [id] }];
    return only((await aws.ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes);
  }

  const create = (input: CreateReplaceRootVolumeTaskCommandInput) =>
    aws.ec2.send(new CreateReplaceRootVolumeTaskCommand(input));

  async function replace(input: CreateReplaceRootVolumeTaskCommandInput) {
    const { ReplaceRootVolumeTask: task } = await create(input);
    expect(task).to.include({ InstanceId: input.InstanceId, TaskState: "pending" });
    return eventually("the task has ended", async () => {
      const ReplaceRootVolumeTaskIds = [task?.ReplaceRootVolumeTaskId ?? ""];
      const found = await aws.ec2.send(new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds }));
      const one = only(found.ReplaceRootVolumeTasks);
      return one.CompleteTime === undefined ? undefined : one;
    });
  }

  it("a snapshot of the root takes its place, and the old volume is free", async () => {
    const InstanceId = await runOne(aws.ec2);
    const before = await rootOf(InstanceId);
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId: before.VolumeId }));
    const TagSpecifications = [
      { ResourceType: "replace-root-volume-task" as const, Tags: [{ Key: "why", Value: "broken" }] },
    ];
    const task = await replace({ InstanceId, SnapshotId, TagSpecifications });
    expect(task).to.deep.include({ TaskState: "succeeded", SnapshotId, DeleteReplacedRootVolume: false });
    expect(task.Tags).to.deep.equal([{ Key: "why", Value: "broken" }]);
    const root = await rootOf(InstanceId);
    expect(root.VolumeId).to.not.equal(before.VolumeId);
    expect(root).to.include({ SnapshotId, Size: before.Size, State: "in-use" });
    expect(root.Attachments?.[0]?.Device).to.equal(before.Attachments?.[0]?.Device);
    const VolumeIds = [before.VolumeId ?? ""];
    const old = only((await aws.ec2.send(new DescribeVolumesCommand({ VolumeIds }))).Volumes);
    expect(old).to.deep.include({ State: "available", Attachments: [] });
    const instance = await describeOne(aws.ec2, InstanceId);
    expect(instance.State?.Name).to.equal("running");
    expect(instance.BlockDeviceMappings?.[0]?.Ebs?.VolumeId).to.equal(root.VolumeId);
    // A snapshot of the first root is still of its lineage.
    expect((await replace({ InstanceId, SnapshotId })).TaskState).to.equal("succeeded");
  });

  it("an image takes its place, and back to the launch's state; the old volume goes where that is asked", async () => {
    const InstanceId = await runOne(aws.ec2);
    const Name = uniqueName("replacing");
    const { ImageId = "" } = await aws.ec2.send(new CreateImageCommand({ InstanceId, Name }));
    const before = await rootOf(InstanceId);
    const byImage = await eventually("the image is there", () =>
      replace({ InstanceId, ImageId, DeleteReplacedRootVolume: true }).catch(() => undefined),
    );
    expect(byImage).to.deep.include({ TaskState: "succeeded", ImageId, DeleteReplacedRootVolume: true });
    expect((await describeOne(aws.ec2, InstanceId)).ImageId).to.equal(ImageId);
    const VolumeIds = [before.VolumeId ?? ""];
    expect(await codeOf(aws.ec2.send(new DescribeVolumesCommand({ VolumeIds })))).to.equal("InvalidVolume.NotFound");
    const back = await replace({ InstanceId });
    expect(back.TaskState).to.equal("succeeded");
    const Filters = [{ Name: "instance-id", Values: [InstanceId] }];
    const { ReplaceRootVolumeTasks } = await aws.ec2.send(new DescribeReplaceRootVolumeTasksCommand({ Filters }));
    expect(ReplaceRootVolumeTasks).to.have.length(2);
  });

  it("what is no snapshot of the root, two sources and a stopped instance are refused", async () => {
    const InstanceId = await runOne(aws.ec2);
    const zone = (await describeOne(aws.ec2, InstanceId)).Placement?.AvailabilityZone;
    const { VolumeId } = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone: zone, Size: 1 }));
    const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
    expect(await codeOf(create({ InstanceId, SnapshotId }))).to.equal("InvalidParameterValue");
    expect(await codeOf(create({ InstanceId, SnapshotId, ImageId: "alpine:latest" }))).to.equal(
      "InvalidParameterCombination",
    );
    expect(await codeOf(create({ InstanceId, DryRun: true }))).to.equal("DryRunOperation");
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [InstanceId] }));
    await untilState(aws.ec2, InstanceId, "stopped");
    expect((await refusal(create({ InstanceId }))).code).to.equal("IncorrectInstanceState");
    const ReplaceRootVolumeTaskIds = ["replacevol-0123456789abcdef0"];
    expect(
      await codeOf(aws.ec2.send(new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds }))),
    ).to.equal("InvalidReplaceRootVolumeTaskId.NotFound");
  });

  it("CopyVolumes makes a volume of another in its zone, once for a token", async () => {
    const AvailabilityZone = "us-east-1c";
    const source = await aws.ec2.send(new CreateVolumeCommand({ AvailabilityZone, Size: 4, Encrypted: true }));
    const SourceVolumeId = source.VolumeId;
    const copy = { SourceVolumeId, Size: 6, VolumeType: "gp3" as const, ClientToken: uniqueName("copy") };
    const made = only((await aws.ec2.send(new CopyVolumesCommand(copy))).Volumes);
    expect(made).to.include({ SourceVolumeId, Size: 6, VolumeType: "gp3", State: "creating", AvailabilityZone });
    expect(made).to.include({ Encrypted: true, KmsKeyId: source.KmsKeyId, Iops: 3000 });
    const again = only((await aws.ec2.send(new CopyVolumesCommand(copy))).Volumes);
    expect(again.VolumeId).to.equal(made.VolumeId);
    expect(await codeOf(aws.ec2.send(new CopyVolumesCommand({ SourceVolumeId, Size: 3 })))).to.equal(
      "InvalidParameterValue",
    );
    const unknown = { SourceVolumeId: "vol-0123456789abcdef0" };
    expect(await codeOf(aws.ec2.send(new CopyVolumesCommand(unknown)))).to.equal("InvalidVolume.NotFound");
  });
});

describe("ec2 replacements of root volumes that a stop of LocalAWS cuts off", () => {
  it("are carried out after the next start", async () => {
    const first = await startLocalAws();
    let second: TestServer | undefined;
    try {
      const InstanceId = await runOne(first.ec2);
      const Filters = [{ Name: "attachment.instance-id", Values: [InstanceId] }];
      const rootOf = async (aws: TestServer) =>
        only((await aws.ec2.send(new DescribeVolumesCommand({ Filters }))).Volumes).VolumeId;
      const { ReplaceRootVolumeTask } = await first.ec2.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId }));
      const ReplaceRootVolumeTaskIds = [ReplaceRootVolumeTask?.ReplaceRootVolumeTaskId ?? ""];
      const stateOf = async (aws: TestServer) => {
        const found = await aws.ec2.send(new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds }));
        return only(found.ReplaceRootVolumeTasks).TaskState;
      };
      await eventually("the root is replaced", async () => (await stateOf(first)) === "succeeded");
      const before = await rootOf(first);
      await first.close();
      const Sqlite = await loadSqlite();
      const database = new Sqlite(join(first.dataDir, "metadata", "localaws.db"));
      const cutOff = `json_set(json_remove(data, '$.CompleteTime'), '$.TaskState', 'pending', '$.ReplacedVolumeId', ?)`;
      database.prepare(`UPDATE ec2_replace_root_volume_tasks SET data = ${cutOff}`).run(before);
      database.close();
      second = await startLocalAws({ dataDir: first.dataDir });
      const again = second;
      await eventually("the root is replaced again", async () => (await stateOf(again)) === "succeeded");
      expect(await rootOf(again)).to.not.equal(before);
      expect((await describeOne(again.ec2, InstanceId)).State?.Name).to.equal("running");
    } finally {
      await second?.stop();
      await first.stop();
    }
  });
});
