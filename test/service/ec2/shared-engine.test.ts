import { DescribeInstancesCommand, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { requires } from "../../support/requirements.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";

describe("ec2 on an engine where another LocalAWS has the default subnets", function () {
  this.timeout(240_000);
  requires("docker");
  const servers: TestServer[] = [];

  before(async () => {
    for (let count = 0; count < 2; count++) servers.push(await startLocalAws({ runtime: "docker" }));
  });

  after(async () => {
    for (const aws of servers) {
      await aws.server.reset();
      await aws.stop();
    }
  });

  async function launch(aws: TestServer): Promise<string> {
    const input = { ImageId: "alpine:latest", InstanceType: "t2.micro", MinCount: 1, MaxCount: 1 } as const;
    const { Instances } = await aws.ec2.send(new RunInstancesCommand(input));
    const id = Instances?.[0]?.InstanceId ?? "";
    await eventually(`${id} runs`, async () => {
      const { Reservations } = await aws.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
      const instance = Reservations?.[0]?.Instances?.[0];
      expect(instance?.StateReason?.Message).to.equal(undefined);
      return instance?.State?.Name === "running";
    });
    return id;
  }

  it("gives every instance an address of its own, also after one has gone", async () => {
    for (const aws of servers) {
      const first = await launch(aws);
      await launch(aws);
      await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
      await launch(aws);
      await launch(aws);
      const filter = { Filters: [{ Name: "instance-state-name", Values: ["running"] }] };
      const { Reservations = [] } = await aws.ec2.send(new DescribeInstancesCommand(filter));
      const addresses = Reservations.flatMap(({ Instances = [] }) => Instances.map((one) => one.PrivateIpAddress));
      expect(addresses.length).to.be.greaterThanOrEqual(3);
      expect(new Set(addresses).size).to.equal(addresses.length);
    }
  });
});
