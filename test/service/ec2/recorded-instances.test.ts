import {
  AssociateIamInstanceProfileCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeVolumeStatusCommand,
  DisassociateIamInstanceProfileCommand,
  MonitorInstancesCommand,
  ReplaceIamInstanceProfileAssociationCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, runOne } from "./support.ts";

/** Decision 166 says where the answers are from. */
describe("ec2 instances as they were recorded", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("tells whole seconds, and who looks after an instance and its interfaces", async () => {
    const instance = await describeOne(aws.ec2, await runOne(aws.ec2));
    expect(instance.LaunchTime?.getMilliseconds()).to.equal(0);
    expect(instance.BlockDeviceMappings?.[0]?.Ebs?.AttachTime?.getMilliseconds()).to.equal(0);
    expect(instance.BlockDeviceMappings?.[0]?.Ebs?.EbsCardIndex).to.equal(0);
    expect(instance.NetworkInterfaces?.[0]?.Attachment?.AttachTime?.getMilliseconds()).to.equal(0);
    expect(instance.NetworkInterfaces?.[0]?.Operator).to.deep.equal({ Managed: false });
    expect(instance).to.deep.include({
      Operator: { Managed: false, HiddenByDefault: false },
      MaintenanceOptions: { AutoRecovery: "default", RebootMigration: "default" },
      SecondaryInterfaces: [],
    });
  });

  it("the status of volumes is found by their attachments", async () => {
    const id = await runOne(aws.ec2);
    const statusesOf = async (...values: readonly [name: string, value: string][]) => {
      const Filters = values.map(([Name, value]) => ({ Name, Values: [value] }));
      return (await aws.ec2.send(new DescribeVolumeStatusCommand({ Filters }))).VolumeStatuses ?? [];
    };
    const found = await statusesOf(
      ["attachment-status.instance-id", id],
      ["attachment-status.io-performance", "not-applicable"],
    );
    expect(found.map(({ AttachmentStatuses }) => AttachmentStatuses)).to.deep.equal([
      [{ InstanceId: id, IoPerformance: "not-applicable" }],
    ]);
    expect(await statusesOf(["attachment-status.instance-id", "i-0123456789abcdef0"])).to.deep.equal([]);
  });

  it("MonitorInstances has words of its own for ids that are none", async () => {
    const monitor = (id: string, DryRun = false) =>
      aws.ec2.send(new MonitorInstancesCommand({ InstanceIds: [id], DryRun }));
    expect(await refusal(monitor("i-"))).to.deep.include({
      ...{ code: "InvalidInstanceID.Malformed", message: "The instance ID 'i-' is malformed" },
    });
    expect(await refusal(monitor("", true))).to.deep.include({
      ...{ code: "MissingParameter", message: "The request must contain the parameter instanceId" },
    });
  });

  it("an instance profile is named by its ARN where there are both, and replaced by another alone", async () => {
    const InstanceId = await runOne(aws.ec2);
    const arn = (name: string) => `arn:aws:iam::000000000000:instance-profile/${name}`;
    const { IamInstanceProfileAssociation: made } = await aws.ec2.send(
      new AssociateIamInstanceProfileCommand({
        InstanceId,
        IamInstanceProfile: { Arn: arn("first"), Name: "second" },
      }),
    );
    expect(made).to.deep.include({ InstanceId, State: "associating" });
    expect(made?.IamInstanceProfile?.Arn).to.equal(arn("first"));
    expect(made).to.not.have.property("Timestamp");
    const replace = async (Name: string) => {
      const AssociationId = made?.AssociationId;
      const IamInstanceProfile = { Name };
      const sent = new ReplaceIamInstanceProfileAssociationCommand({ AssociationId, IamInstanceProfile });
      return (await aws.ec2.send(sent)).IamInstanceProfileAssociation;
    };
    expect(await replace("first")).to.deep.include({ AssociationId: made?.AssociationId, State: "associated" });
    const other = await replace("second");
    expect(other).to.deep.include({ State: "associating" });
    expect(other?.AssociationId).to.not.equal(made?.AssociationId);
  });

  it("associations have pages of one, and words of their own for ids that are none", async () => {
    const describe = (input: { MaxResults?: number; AssociationIds?: string[] }) =>
      aws.ec2.send(new DescribeIamInstanceProfileAssociationsCommand(input));
    await describe({ MaxResults: 1 });
    const none: readonly (readonly [Promise<unknown>, string, string])[] = [
      [
        describe({ MaxResults: 0 }),
        ...([
          "InvalidParameterValue",
          "Invalid value '0' for 'maxResults'. MaxResult must be a positive integer",
        ] as const),
      ],
      [describe({ AssociationIds: ["bad"] }), "InvalidParameterValue", "Invalid value for association-id."],
      [
        aws.ec2.send(new DisassociateIamInstanceProfileCommand({ AssociationId: "bad" })),
        ...(["InvalidParameterValue", "Invalid Id: bad"] as const),
      ],
      [
        aws.ec2.send(new AssociateIamInstanceProfileCommand({ InstanceId: "bad", IamInstanceProfile: { Name: "x" } })),
        ...(["InvalidInstanceID.Malformed", "The instance ID 'bad' is malformed"] as const),
      ],
    ];
    for (const [sent, code, message] of none) expect(await refusal(sent)).to.deep.include({ code, message });
  });
});
