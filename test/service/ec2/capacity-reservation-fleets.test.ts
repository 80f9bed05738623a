import {
  CancelCapacityReservationFleetsCommand,
  CreateCapacityReservationFleetCommand,
  type CreateCapacityReservationFleetCommandInput,
  DescribeCapacityReservationFleetsCommand,
  DescribeCapacityReservationsCommand,
  ModifyCapacityReservationFleetCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf, only } from "./network-support.ts";

describe("ec2 capacity reservation fleets", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const wish = { InstancePlatform: "Linux/UNIX", AvailabilityZone: "us-east-1b" } as const;

  async function create(overrides: Partial<CreateCapacityReservationFleetCommandInput> = {}): Promise<string> {
    const { CapacityReservationFleetId } = await aws.ec2.send(
      new CreateCapacityReservationFleetCommand({
        InstanceTypeSpecifications: [
          { ...wish, InstanceType: "m5.xlarge", Weight: 4, Priority: 2 },
          { ...wish, InstanceType: "m5.large", Weight: 2, Priority: 1 },
        ],
        TotalTargetCapacity: 10,
        ...overrides,
      }),
    );
    return CapacityReservationFleetId ?? "";
  }

  async function get(id: string) {
    const CapacityReservationFleetIds = [id];
    const found = await aws.ec2.send(new DescribeCapacityReservationFleetsCommand({ CapacityReservationFleetIds }));
    return only(found.CapacityReservationFleets);
  }

  async function activeOf(id: string) {
    const Filters = [{ Name: "state", Values: ["active"] }];
    const { CapacityReservations = [] } = await aws.ec2.send(new DescribeCapacityReservationsCommand({ Filters }));
    return CapacityReservations.filter(({ CapacityReservationFleetId }) => CapacityReservationFleetId === id);
  }

  it("reserve the type of the highest priority, by its weight, and change with their target", async () => {
    const id = await create();
    const fleet = await get(id);
    expect(fleet).to.include({ State: "active", TotalTargetCapacity: 10, TotalFulfilledCapacity: 10 });
    const reservation = only(fleet.InstanceTypeSpecifications);
    expect(reservation).to.include({ InstanceType: "m5.large", TotalInstanceCount: 5, AvailabilityZone: "us-east-1b" });
    expect(only(await activeOf(id))).to.include({
      ...{ CapacityReservationId: reservation.CapacityReservationId, TotalInstanceCount: 5, InstanceType: "m5.large" },
    });
    const change = { CapacityReservationFleetId: id, TotalTargetCapacity: 3 };
    await aws.ec2.send(new ModifyCapacityReservationFleetCommand(change));
    expect(await get(id)).to.include({ TotalTargetCapacity: 3, TotalFulfilledCapacity: 4 });
    expect(only(await activeOf(id)).TotalInstanceCount).to.equal(2);
  });

  it("are cancelled with their reservations", async () => {
    const id = await create();
    const unknown = "crf-0123456789abcdef0";
    const cancel = new CancelCapacityReservationFleetsCommand({ CapacityReservationFleetIds: [id, unknown] });
    const cancelled = await aws.ec2.send(cancel);
    expect(only(cancelled.SuccessfulFleetCancellations)).to.include({ CurrentFleetState: "cancelling" });
    expect(only(cancelled.FailedFleetCancellations).CancelCapacityReservationFleetError?.Code).to.equal(
      "InvalidCapacityReservationFleetId.NotFound",
    );
    expect((await get(id)).State).to.equal("cancelled");
    expect(await activeOf(id)).to.deep.equal([]);
    const change = new ModifyCapacityReservationFleetCommand({
      CapacityReservationFleetId: id,
      TotalTargetCapacity: 3,
    });
    expect(await codeOf(aws.ec2.send(change))).to.equal("InvalidCapacityReservationState");
  });

  it("a zone, a type and a target that there are not are refused", async () => {
    const specification = { ...wish, InstanceType: "m5.large" as const };
    const elsewhere = [{ ...specification, AvailabilityZone: "us-east-1z" }];
    expect(await codeOf(create({ InstanceTypeSpecifications: elsewhere }))).to.equal("InvalidParameterValue");
    expect(await codeOf(create({ TotalTargetCapacity: 0 }))).to.equal("InvalidParameterValue");
    expect(await codeOf(create({ EndDate: new Date(0) }))).to.equal("InvalidParameterValue");
  });
});
