import {
  DescribeInstancesCommand,
  ModifyInstanceAttributeCommand,
  MonitorInstancesCommand,
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  UnmonitorInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, untilState } from "./support.ts";

describe("ec2 StopInstances and StartInstances", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("takes a running instance through stopping to stopped, with the reason", async () => {
    const id = await runOne(aws.ec2);
    const { StoppingInstances } = await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(StoppingInstances).to.deep.equal([
      {
        InstanceId: id,
        PreviousState: { Code: 16, Name: "running" },
        CurrentState: { Code: 64, Name: "stopping" },
      },
    ]);
    const stopped = await untilState(aws.ec2, id, "stopped");
    expect(stopped.State?.Code).to.equal(80);
    expect(stopped.StateReason?.Code).to.equal("Client.UserInitiatedShutdown");
    expect(stopped.StateTransitionReason).to.match(/^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$/);
  });

  it("starts a stopped instance with its address, a new launch time and no reason", async () => {
    const id = await runOne(aws.ec2);
    const before = await describeOne(aws.ec2, id);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "stopped");
    const { StartingInstances } = await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(StartingInstances?.[0]?.PreviousState?.Name).to.equal("stopped");
    expect(StartingInstances?.[0]?.CurrentState?.Name).to.equal("pending");
    const after = await untilState(aws.ec2, id, "running");
    expect(after.PrivateIpAddress).to.equal(before.PrivateIpAddress);
    expect(after.LaunchTime?.getTime()).to.be.greaterThan(before.LaunchTime?.getTime() ?? 0);
    expect(after.StateReason).to.equal(undefined);
    expect(after.StateTransitionReason).to.equal("");
  });

  it("needs no waiting where nothing runs: each request finds what the one before has asked for", async () => {
    const InstanceIds = (await run(aws.ec2, { MinCount: 40, MaxCount: 40 })).map(({ InstanceId = "" }) => InstanceId);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds }));
    const InstanceId = InstanceIds.at(-1);
    await aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, InstanceType: { Value: "t3.small" } }));
    const { StartingInstances } = await aws.ec2.send(new StartInstancesCommand({ InstanceIds }));
    expect(new Set(StartingInstances?.map(({ PreviousState }) => PreviousState?.Name))).to.deep.equal(
      new Set(["stopped"]),
    );
    const started = await describeOne(aws.ec2, InstanceId ?? "");
    expect([started.State?.Name, started.InstanceType]).to.deep.equal(["running", "t3.small"]);
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds }));
  });

  it("leaves alone what is in the wanted state already", async () => {
    const id = await runOne(aws.ec2);
    const started = await aws.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
    expect(started.StartingInstances?.[0]?.CurrentState?.Name).to.equal("running");
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "stopped");
    const stopped = await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    expect(stopped.StoppingInstances?.[0]?.PreviousState?.Name).to.equal("stopped");
    expect(stopped.StoppingInstances?.[0]?.CurrentState?.Name).to.equal("stopped");
  });

  it("rejects a terminated instance with IncorrectInstanceState", async () => {
    const id = await runOne(aws.ec2);
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    const InstanceIds = [id];
    for (const answer of [
      await refusal(aws.ec2.send(new StartInstancesCommand({ InstanceIds }))),
      await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds }))),
      await refusal(aws.ec2.send(new RebootInstancesCommand({ InstanceIds }))),
    ]) {
      expect(answer).to.include({ code: "IncorrectInstanceState", status: 400 });
      expect(answer.message).to.include(id);
    }
    const stopped = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds })));
    expect(stopped.message).to.equal(`This instance '${id}' is not in a state from which it can be stopped.`);
  });

  it("changes no instance when one of them is unknown", async () => {
    const id = await runOne(aws.ec2);
    const unknown = "i-0123456789abcdef0";
    const answer = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id, unknown] })));
    expect(answer).to.deep.equal({
      code: "InvalidInstanceID.NotFound",
      status: 400,
      message: `The instance ID '${unknown}' does not exist`,
    });
    expect((await describeOne(aws.ec2, id)).State?.Name).to.equal("running");
  });

  it("rejects what is no instance id with InvalidInstanceID.Malformed", async () => {
    const answer = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds: ["web"] })));
    expect(answer.code).to.equal("InvalidInstanceID.Malformed");
    expect(answer.message).to.equal('Invalid id: "web" (expecting "i-...")');
  });

  it("rejects a stop that is protected with OperationNotPermitted", async () => {
    const id = await runOne(aws.ec2, { DisableApiStop: true });
    const answer = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] })));
    expect(answer.code).to.equal("OperationNotPermitted");
    expect(answer.message).to.include("disableApiStop");
  });

  it("answers DryRunOperation to a dry run, and stops nothing", async () => {
    const id = await runOne(aws.ec2);
    const answer = await refusal(aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id], DryRun: true })));
    expect(answer).to.include({ code: "DryRunOperation", status: 412 });
    expect((await describeOne(aws.ec2, id)).State?.Name).to.equal("running");
  });
});

describe("ec2 TerminateInstances", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("takes an instance to terminated, without its network, and keeps it listed", async () => {
    const id = await runOne(aws.ec2);
    const { TerminatingInstances } = await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(TerminatingInstances?.[0]?.PreviousState).to.deep.equal({ Code: 16, Name: "running" });
    expect(TerminatingInstances?.[0]?.CurrentState).to.deep.equal({ Code: 32, Name: "shutting-down" });
    const terminated = await untilState(aws.ec2, id, "terminated");
    expect(terminated.State?.Code).to.equal(48);
    expect(terminated.PrivateIpAddress).to.equal(undefined);
    expect(terminated.VpcId).to.equal(undefined);
    expect(terminated.NetworkInterfaces).to.deep.equal([]);
    expect(terminated.BlockDeviceMappings).to.deep.equal([]);
  });

  it("terminates a stopped instance, and a terminated one again without an error", async () => {
    const id = await runOne(aws.ec2);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "stopped");
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    const again = await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(again.TerminatingInstances?.[0]?.PreviousState?.Name).to.equal("terminated");
    expect(again.TerminatingInstances?.[0]?.CurrentState?.Name).to.equal("terminated");
  });

  it("wins over a launch that is under way", async () => {
    const made = await run(aws.ec2, { MinCount: 20, MaxCount: 20 });
    const ids = made.flatMap(({ InstanceId }) => InstanceId ?? []);
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    for (const id of ids) await untilState(aws.ec2, id, "terminated");
    const running = await aws.ec2.send(
      new DescribeInstancesCommand({
        Filters: [
          { Name: "reservation-id", Values: ["*"] },
          { Name: "instance-state-name", Values: ["pending", "running"] },
          { Name: "instance-id", Values: ids },
        ],
      }),
    );
    expect(running.Reservations).to.deep.equal([]);
  });

  it("gives the address of a terminated instance to another", async () => {
    const id = await runOne(aws.ec2, { Placement: { AvailabilityZone: "us-east-1f" } });
    const address = (await describeOne(aws.ec2, id)).PrivateIpAddress;
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
    const other = await runOne(aws.ec2, { Placement: { AvailabilityZone: "us-east-1f" } });
    expect((await describeOne(aws.ec2, other)).PrivateIpAddress).to.equal(address);
  });

  it("rejects a protected instance with OperationNotPermitted, and ends none of the others", async () => {
    const guarded = await runOne(aws.ec2, { DisableApiTermination: true });
    const other = await runOne(aws.ec2);
    const answer = await refusal(aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [other, guarded] })));
    expect(answer).to.deep.equal({
      code: "OperationNotPermitted",
      status: 400,
      message: `The instance '${guarded}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
    });
    expect((await describeOne(aws.ec2, other)).State?.Name).to.equal("running");
  });

  it("rejects an empty list with MissingParameter", async () => {
    const answer = await refusal(aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [] })));
    expect(answer.code).to.equal("MissingParameter");
  });
});

describe("ec2 RebootInstances, MonitorInstances and UnmonitorInstances", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  it("reboots a running instance, which stays running", async () => {
    const id = await runOne(aws.ec2);
    await aws.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
    expect((await describeOne(aws.ec2, id)).State?.Name).to.equal("running");
  });

  it("turns detailed monitoring on and off", async () => {
    const id = await runOne(aws.ec2);
    const on = await aws.ec2.send(new MonitorInstancesCommand({ InstanceIds: [id] }));
    expect(on.InstanceMonitorings).to.deep.equal([{ InstanceId: id, Monitoring: { State: "pending" } }]);
    expect((await describeOne(aws.ec2, id)).Monitoring?.State).to.equal("enabled");
    await aws.ec2.send(new UnmonitorInstancesCommand({ InstanceIds: [id] }));
    expect((await describeOne(aws.ec2, id)).Monitoring?.State).to.equal("disabled");
  });
});
