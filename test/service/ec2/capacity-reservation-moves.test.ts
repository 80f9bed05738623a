import {
  CreateCapacityReservationBySplittingCommand,
  CreateCapacityReservationCommand,
  type CreateCapacityReservationCommandInput,
  DescribeCapacityReservationsCommand,
  MoveCapacityReservationInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";
import { runOne, uniqueName } from "./support.ts";

describe("ec2 capacity that moves between reservations", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function reserve(overrides: Partial<CreateCapacityReservationCommandInput> = {}): Promise<string> {
    const { CapacityReservation } = await aws.ec2.send(
      new CreateCapacityReservationCommand({
        ...{ InstanceType: "m5.large", InstancePlatform: "Linux/UNIX", AvailabilityZone: "us-east-1a" },
        ...{ InstanceCount: 5, InstanceMatchCriteria: "targeted" },
        ...overrides,
      }),
    );
    return CapacityReservation?.CapacityReservationId ?? "";
  }

  async function get(id: string) {
    const CapacityReservationIds = [id];
    const found = await aws.ec2.send(new DescribeCapacityReservationsCommand({ CapacityReservationIds }));
    return only(found.CapacityReservations);
  }

  it("a reservation is split, once for a token", async () => {
    const SourceCapacityReservationId = await reserve();
    const split = { SourceCapacityReservationId, InstanceCount: 2, ClientToken: uniqueName("split") };
    const made = await aws.ec2.send(new CreateCapacityReservationBySplittingCommand(split));
    expect(made.SourceCapacityReservation).to.include({ TotalInstanceCount: 3, AvailableInstanceCount: 3 });
    expect(made.DestinationCapacityReservation).to.include({ TotalInstanceCount: 2, InstanceType: "m5.large" });
    expect(made.InstanceCount).to.equal(2);
    const again = await aws.ec2.send(new CreateCapacityReservationBySplittingCommand(split));
    expect(again.DestinationCapacityReservation?.CapacityReservationId).to.equal(
      made.DestinationCapacityReservation?.CapacityReservationId,
    );
    expect((await get(SourceCapacityReservationId)).TotalInstanceCount).to.equal(3);
    const all = { SourceCapacityReservationId, InstanceCount: 3 };
    expect(await codeOf(aws.ec2.send(new CreateCapacityReservationBySplittingCommand(all)))).to.equal(
      "InvalidParameterValue",
    );
  });

  it("what is free moves to one that is alike, and one that is empty then is over", async () => {
    const SourceCapacityReservationId = await reserve({ InstanceCount: 2 });
    const DestinationCapacityReservationId = await reserve();
    const move = { SourceCapacityReservationId, DestinationCapacityReservationId };
    const CapacityReservationTarget = { CapacityReservationId: SourceCapacityReservationId };
    const launched = await runOne(aws.ec2, {
      ...{ InstanceType: "m5.large", Placement: { AvailabilityZone: "us-east-1a" } },
      CapacityReservationSpecification: { CapacityReservationTarget },
    });
    expect(launched).to.match(/^i-/);
    const tooMany = new MoveCapacityReservationInstancesCommand({ ...move, InstanceCount: 2 });
    expect(await codeOf(aws.ec2.send(tooMany))).to.equal("InvalidParameterValue");
    const moved = await aws.ec2.send(new MoveCapacityReservationInstancesCommand({ ...move, InstanceCount: 1 }));
    expect(moved.SourceCapacityReservation).to.include({ TotalInstanceCount: 1, AvailableInstanceCount: 0 });
    expect(moved.DestinationCapacityReservation).to.include({ TotalInstanceCount: 6, AvailableInstanceCount: 6 });
    const back = {
      SourceCapacityReservationId: DestinationCapacityReservationId,
      DestinationCapacityReservationId: SourceCapacityReservationId,
    };
    await aws.ec2.send(new MoveCapacityReservationInstancesCommand({ ...back, InstanceCount: 6 }));
    expect((await get(DestinationCapacityReservationId)).State).to.equal("cancelled");
    const other = await reserve({ AvailabilityZone: "us-east-1b" });
    const apart = { ...move, DestinationCapacityReservationId: other, InstanceCount: 1 };
    expect(await codeOf(aws.ec2.send(new MoveCapacityReservationInstancesCommand(apart)))).to.equal(
      "InvalidParameterValue",
    );
  });
});
