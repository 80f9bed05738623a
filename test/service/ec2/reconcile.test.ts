import { renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeInstancesCommand,
  DescribeVpcsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws } from "../../support/server.ts";
import { describeOne, run, runOne, untilState } from "./support.ts";

describe("ec2 after a restart", () => {
  it("has its instances again, each in the state that it was in", async () => {
    const first = await startLocalAws({ runtime: "records" });
    const running = await runOne(first.ec2);
    const stopped = await runOne(first.ec2);
    const ended = await runOne(first.ec2);
    await first.ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }));
    await untilState(first.ec2, stopped, "stopped");
    await first.ec2.send(new TerminateInstancesCommand({ InstanceIds: [ended] }));
    await untilState(first.ec2, ended, "terminated");
    const before = await describeOne(first.ec2, running);
    await first.close();

    const second = await startLocalAws({ runtime: "records", dataDir: first.dataDir });
    const after = await untilState(second.ec2, running, "running");
    expect(after).to.deep.equal(before);
    expect((await describeOne(second.ec2, stopped)).State?.Name).to.equal("stopped");
    expect((await describeOne(second.ec2, ended)).State?.Name).to.equal("terminated");
    await second.ec2.send(new TerminateInstancesCommand({ InstanceIds: [running] }));
    await untilState(second.ec2, running, "terminated");
    await second.stop();
    await first.stop();
  });
});

describe("ec2 after a reset", () => {
  it("has no instances, and a new default VPC", async () => {
    const aws = await startLocalAws({ runtime: "records" });
    await run(aws.ec2, { MinCount: 5, MaxCount: 5 });
    const before = await aws.ec2.send(new DescribeVpcsCommand({}));
    const response = await fetch(`${aws.endpoint}/_localaws/reset`, { method: "POST" });
    expect(response.ok).to.equal(true);
    expect((await aws.ec2.send(new DescribeInstancesCommand({}))).Reservations).to.deep.equal([]);
    const after = await aws.ec2.send(new DescribeVpcsCommand({}));
    expect(after.Vpcs?.length).to.equal(1);
    expect(after.Vpcs?.[0]?.VpcId).to.not.equal(before.Vpcs?.[0]?.VpcId);
    await runOne(aws.ec2);
    await aws.stop();
  });
});

describe("ec2 instances that something outside keeps from another state", () => {
  it("arrive there when it is gone", async () => {
    const aws = await startLocalAws({ runtime: "records", logLevel: "silent" });
    try {
      const stopped = await runOne(aws.ec2);
      const folder = join(aws.dataDir, "ec2");
      renameSync(folder, `${folder}-away`);
      writeFileSync(folder, "Nothing can be written below a file.");
      await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [stopped] }));
      // By then the stop has been tried, too.
      const [failed] = await run(aws.ec2);
      await untilState(aws.ec2, failed?.InstanceId ?? "", "terminated");
      expect((await describeOne(aws.ec2, stopped)).State?.Name).to.equal("stopping");
      rmSync(folder);
      renameSync(`${folder}-away`, folder);
      await untilState(aws.ec2, stopped, "stopped");
    } finally {
      await aws.stop();
    }
  });
});
