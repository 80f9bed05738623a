import {
  AttachVolumeCommand,
  CreateImageCommand,
  CreateKeyPairCommand,
  CreateReplaceRootVolumeTaskCommand,
  CreateSnapshotCommand,
  CreateVolumeCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  GetConsoleOutputCommand,
  TerminateInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceTerminated,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, runOne, uniqueName } from "./support.ts";

for (const [runtime, needs] of [
  ["docker", "docker"],
  ["embedded", "namespaces"],
] as const) {
  describe(`ec2 disks on ${runtime}`, function () {
    this.timeout(240_000);
    requires(needs);
    let aws: TestServer;
    const waiting = () => ({ client: aws.ec2, maxWaitTime: 30, minDelay: 0.2, maxDelay: 1 });

    before(async () => {
      aws = await startLocalAws({ runtime });
      await aws.ec2.send(new CreateKeyPairCommand({ KeyName: uniqueName("disk") }));
    });
    after(async () => {
      await aws?.server.reset();
      await aws?.stop();
    });

    const script = (text: string) => ({ UserData: Buffer.from(`#!/bin/sh\n${text}\n`).toString("base64") });
    const says = (id: string, words: RegExp) =>
      eventually(String(words), async () => {
        const { Output = "" } = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: id }));
        return words.exec(Buffer.from(Output, "base64").toString());
      });

    it("keeps a volume's bytes from instance to instance, and those of its snapshots", async () => {
      const one = await runOne(aws.ec2, {
        BlockDeviceMappings: [
          { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1, DeleteOnTermination: false } },
          { DeviceName: "/dev/sdg", Ebs: { VolumeSize: 1 } },
        ],
        ...script("echo kept >/mnt/ebs/sdf/file; ls /mnt/ebs; echo written"),
      });
      await says(one, /written/);
      const zone = (await describeOne(aws.ec2, one)).Placement?.AvailabilityZone;
      const filters = [{ Name: "attachment.device", Values: ["/dev/sdf"] }];
      const { Volumes } = await aws.ec2.send(new DescribeVolumesCommand({ Filters: filters }));
      const VolumeId = Volumes?.[0]?.VolumeId ?? "";
      const { SnapshotId } = await aws.ec2.send(new CreateSnapshotCommand({ VolumeId }));
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
      await waitUntilInstanceTerminated(waiting(), { InstanceIds: [one] });
      const wait = "until [ -e /mnt/ebs/xvdh/file ] && [ -e /mnt/ebs/sdi/file ]; do sleep 0.1; done";
      const two = await runOne(aws.ec2, {
        Placement: { AvailabilityZone: zone },
        BlockDeviceMappings: [{ DeviceName: "/dev/sdi", Ebs: { SnapshotId } }],
        ...script(`${wait}\necho "found $(cat /mnt/ebs/xvdh/file) $(cat /mnt/ebs/sdi/file)"; ls /mnt/ebs | wc -l`),
      });
      await aws.ec2.send(new AttachVolumeCommand({ VolumeId, InstanceId: two, Device: "/dev/xvdh" }));
      await says(two, /found kept kept\r?\n\s*2\r?\n/);
      await aws.ec2.send(new DetachVolumeCommand({ VolumeId }));
      const copy = new CreateVolumeCommand({ AvailabilityZone: zone, SnapshotId });
      expect((await aws.ec2.send(copy)).Size).to.equal(1);
    });

    it("makes an image of an instance's disk that instances start from, whose user data is their own", async () => {
      const one = await runOne(aws.ec2, script("echo saved >/root/file; echo written"));
      await says(one, /written/);
      const { ImageId = "" } = await aws.ec2.send(
        new CreateImageCommand({ InstanceId: one, Name: uniqueName("saved") }),
      );
      await waitUntilImageAvailable(waiting(), { ImageIds: [ImageId] });
      const two = await runOne(aws.ec2, { ImageId, ...script('echo "found $(cat /root/file)"') });
      await says(two, /found saved/);
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [two] }));
      await waitUntilInstanceTerminated(waiting(), { InstanceIds: [two] });
      await aws.ec2.send(new DeregisterImageCommand({ ImageId, DeleteAssociatedSnapshots: true }));
    });

    it("copies a disk and a volume whose files come and go meanwhile", async () => {
      const churn = (folder: string) =>
        `(while :; do for n in $(seq 300); do : >${folder}/$n; done; rm -f ${folder}/[0-9]*; done) >/dev/null 2>&1 &`;
      const busy = await runOne(aws.ec2, {
        BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1 } }],
        ...script(
          `echo kept | tee /root/file >/mnt/ebs/sdf/file; ${churn("/root")} ${churn("/mnt/ebs/sdf")} echo begun`,
        ),
      });
      await says(busy, /begun/);
      const image = new CreateImageCommand({ InstanceId: busy, Name: uniqueName("busy"), NoReboot: true });
      const { ImageId = "" } = await aws.ec2.send(image);
      await waitUntilImageAvailable(waiting(), { ImageIds: [ImageId] });
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [busy] }));
      const found = script('echo "found $(cat /root/file) $(cat /mnt/ebs/sdf/file)"');
      await says(await runOne(aws.ec2, { ImageId, ...found }), /found kept kept/);
    });

    it("gives a running instance another root, with the address and the volumes that it has", async () => {
      const mapping = { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1, DeleteOnTermination: true } };
      const told =
        'echo "root has $(ls /root/file 2>/dev/null || echo nothing), volume has $(cat /mnt/ebs/sdf/file 2>&1)"';
      const id = await runOne(aws.ec2, {
        BlockDeviceMappings: [mapping],
        ...script(`${told}; echo first >/root/file; echo kept >/mnt/ebs/sdf/file; echo written`),
      });
      await says(id, /written/);
      const before = await describeOne(aws.ec2, id);
      const Filters = [{ Name: "attachment.device", Values: [before.RootDeviceName ?? ""] }];
      const { ReplaceRootVolumeTask: task } = await aws.ec2.send(
        new CreateReplaceRootVolumeTaskCommand({ InstanceId: id, DeleteReplacedRootVolume: true }),
      );
      await eventually("the root is replaced", async () => {
        const ReplaceRootVolumeTaskIds = [task?.ReplaceRootVolumeTaskId ?? ""];
        const found = await aws.ec2.send(new DescribeReplaceRootVolumeTasksCommand({ ReplaceRootVolumeTaskIds }));
        const state = found.ReplaceRootVolumeTasks?.[0]?.TaskState;
        expect(state).to.not.match(/^failed/);
        return state === "succeeded";
      });
      // A first boot again: the file of the first root is gone, that of the volume is there.
      await says(id, /root has nothing, volume has kept/);
      const after = await describeOne(aws.ec2, id);
      expect(after.PrivateIpAddress).to.equal(before.PrivateIpAddress);
      expect(after.State?.Name).to.equal("running");
      const { Volumes = [] } = await aws.ec2.send(new DescribeVolumesCommand({ Filters }));
      const roots = Volumes.filter(({ Attachments }) => Attachments?.[0]?.InstanceId === id);
      expect(roots.map(({ VolumeId }) => VolumeId)).to.not.deep.equal([before.BlockDeviceMappings?.[0]?.Ebs?.VolumeId]);
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    });

    if (runtime === "docker") {
      it("has the engine's images among the account's, and runs them by their ids", async () => {
        const filters = [{ Name: "name", Values: ["alpine:*"] }];
        const { Images } = await aws.ec2.send(new DescribeImagesCommand({ Owners: ["self"], Filters: filters }));
        const image = Images?.find(({ Name }) => Name === "alpine:latest");
        expect(image?.ImageId).to.match(/^ami-[0-9a-f]{17}$/);
        expect(image).to.include({ State: "available", Public: false });
        const id = await runOne(aws.ec2, { ImageId: image?.ImageId, ...script("echo runs") });
        await says(id, /runs/);
      });
    }
  });
}
