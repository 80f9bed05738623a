import {
  CancelSpotInstanceRequestsCommand,
  DescribeSpotInstanceRequestsCommand,
  RequestSpotInstancesCommand,
  type SpotInstanceRequest,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { only } from "./network-support.ts";
import { describeOne, untilState } from "./support.ts";

describe("ec2 persistent Spot requests", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  async function request(ImageId = "alpine:latest"): Promise<string> {
    const { SpotInstanceRequests } = await aws.ec2.send(
      new RequestSpotInstancesCommand({
        Type: "persistent",
        LaunchSpecification: { ImageId, InstanceType: "t3.micro" },
      }),
    );
    return only(SpotInstanceRequests).SpotInstanceRequestId ?? "";
  }

  async function get(id: string): Promise<SpotInstanceRequest> {
    const found = await aws.ec2.send(new DescribeSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [id] }));
    return only(found.SpotInstanceRequests);
  }

  async function terminate(id: string): Promise<void> {
    await aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "terminated");
  }

  it("get another instance for one that is terminated, until they are cancelled", async () => {
    const id = await request();
    const { InstanceId: first = "" } = await get(id);
    await terminate(first);
    const second = await eventually("another instance", async () => {
      const { State, InstanceId = first } = await get(id);
      return State === "active" && InstanceId !== first && InstanceId;
    });
    expect(await untilState(aws.ec2, second, "running")).to.include({
      ...{ SpotInstanceRequestId: id, InstanceLifecycle: "spot", InstanceType: "t3.micro" },
      SubnetId: (await describeOne(aws.ec2, second)).SubnetId,
    });
    await aws.ec2.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [id] }));
    await terminate(second);
    expect(await get(id)).to.include({ State: "cancelled", InstanceId: second });
  });
});
