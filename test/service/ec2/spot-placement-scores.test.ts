import { GetSpotPlacementScoresCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { codeOf } from "./network-support.ts";

describe("ec2 GetSpotPlacementScores", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const scores = async (changes: object) => {
    const asked = new GetSpotPlacementScoresCommand({ TargetCapacity: 10, ...changes });
    return (await aws.ec2.send(asked)).SpotPlacementScores ?? [];
  };

  it("scores requests with few types low, by region or zone", async () => {
    expect(await scores({ InstanceTypes: ["m5.large"], RegionNames: ["eu-west-1", "us-west-2"] })).to.deep.equal([
      { Region: "eu-west-1", Score: 1 },
      { Region: "us-west-2", Score: 1 },
    ]);
    const zones = await scores({
      ...{ InstanceTypes: ["m5.large", "m5.xlarge", "c5.large"], SingleAvailabilityZone: true },
    });
    expect(zones.map(({ AvailabilityZoneId }) => AvailabilityZoneId)).to.include("use1-az1");
    expect(new Set(zones.map(({ Score }) => Score))).to.deep.equal(new Set([10]));
    expect(await codeOf(scores({ InstanceTypes: ["none.large"] }))).to.equal("InvalidParameterValue");
    expect(await codeOf(scores({ TargetCapacity: 0 }))).to.equal("InvalidParameterValue");
  });
});
