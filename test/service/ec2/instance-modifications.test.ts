import {
  AssociateInstanceEventWindowCommand,
  CreateInstanceEventWindowCommand,
  CreatePlacementGroupCommand,
  DeleteInstanceEventWindowCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstanceEventWindowsCommand,
  DescribeInstanceTopologyCommand,
  GetDefaultCreditSpecificationCommand,
  GetInstanceMetadataDefaultsCommand,
  GetInstanceTypesFromInstanceRequirementsCommand,
  GetPasswordDataCommand,
  type InstanceRequirementsRequest,
  ModifyDefaultCreditSpecificationCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceCpuOptionsCommand,
  ModifyInstanceCreditSpecificationCommand,
  ModifyInstanceMaintenanceOptionsCommand,
  ModifyInstanceMetadataDefaultsCommand,
  ModifyInstancePlacementCommand,
  ModifyPrivateDnsNameOptionsCommand,
  ResetInstanceAttributeCommand,
  StopInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, run, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 changes of instances", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function stopped(InstanceType: "t3.micro" | "m5.xlarge" = "t3.micro"): Promise<string> {
    const id = await runOne(aws.ec2, { InstanceType });
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "stopped");
    return id;
  }

  it("changes placement, CPU options and host names of a stopped instance alone", async () => {
    const InstanceId = await stopped("m5.xlarge");
    const GroupName = uniqueName("placement");
    await aws.ec2.send(new CreatePlacementGroupCommand({ GroupName, Strategy: "cluster" }));
    await aws.ec2.send(new ModifyInstancePlacementCommand({ InstanceId, GroupName }));
    await aws.ec2.send(new ModifyInstanceCpuOptionsCommand({ InstanceId, CoreCount: 2, ThreadsPerCore: 1 }));
    await aws.ec2.send(new ModifyPrivateDnsNameOptionsCommand({ InstanceId, PrivateDnsHostnameType: "resource-name" }));
    const changed = await describeOne(aws.ec2, InstanceId);
    expect(changed.Placement?.GroupName).to.equal(GroupName);
    expect(changed.CpuOptions).to.include({ CoreCount: 2, ThreadsPerCore: 1 });
    expect(changed.PrivateDnsName).to.equal(`${InstanceId}.ec2.internal`);

    const running = await runOne(aws.ec2);
    const refused = await refusal(aws.ec2.send(new ModifyInstancePlacementCommand({ InstanceId: running, GroupName })));
    expect(refused.code).to.equal("IncorrectInstanceState");
    const renaming = { InstanceId: running, PrivateDnsHostnameType: "resource-name" } as const;
    expect((await refusal(aws.ec2.send(new ModifyPrivateDnsNameOptionsCommand(renaming)))).code).to.equal(
      "InvalidParameterValue",
    );
  });

  it("changes maintenance options, and resets the source/destination check", async () => {
    const InstanceId = await runOne(aws.ec2);
    await aws.ec2.send(new ModifyInstanceMaintenanceOptionsCommand({ InstanceId, AutoRecovery: "disabled" }));
    expect((await describeOne(aws.ec2, InstanceId)).MaintenanceOptions).to.include({ AutoRecovery: "disabled" });
    await aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, SourceDestCheck: { Value: false } }));
    await aws.ec2.send(new ResetInstanceAttributeCommand({ InstanceId, Attribute: "sourceDestCheck" }));
    const { SourceDestCheck } = await aws.ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId, Attribute: "sourceDestCheck" }),
    );
    expect(SourceDestCheck?.Value).to.equal(true);
  });

  it("keeps an account's defaults for credits and for the metadata service, for later launches", async () => {
    await aws.ec2.send(new ModifyDefaultCreditSpecificationCommand({ InstanceFamily: "t3", CpuCredits: "standard" }));
    const { InstanceFamilyCreditSpecification } = await aws.ec2.send(
      new GetDefaultCreditSpecificationCommand({ InstanceFamily: "t3" }),
    );
    expect(InstanceFamilyCreditSpecification?.CpuCredits).to.equal("standard");
    await aws.ec2.send(
      new ModifyInstanceMetadataDefaultsCommand({ HttpTokens: "required", HttpPutResponseHopLimit: 3 }),
    );
    const [instance] = await run(aws.ec2);
    expect(instance?.MetadataOptions).to.include({ HttpTokens: "required", HttpPutResponseHopLimit: 3 });
    const { InstanceCreditSpecifications } = await aws.ec2.send(
      new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [instance?.InstanceId ?? ""] }),
    );
    expect(InstanceCreditSpecifications?.[0]?.CpuCredits).to.equal("standard");
    await aws.ec2.send(
      new ModifyInstanceMetadataDefaultsCommand({ HttpTokens: "no-preference", HttpPutResponseHopLimit: -1 }),
    );
    const { AccountLevel } = await aws.ec2.send(new GetInstanceMetadataDefaultsCommand({}));
    expect(AccountLevel).not.to.have.property("HttpTokens");
  });

  it("ModifyInstanceCreditSpecification reports the instances that it cannot change", async () => {
    const [burstable] = await run(aws.ec2);
    const [other] = await run(aws.ec2, { InstanceType: "m5.large" });
    const answer = await aws.ec2.send(
      new ModifyInstanceCreditSpecificationCommand({
        InstanceCreditSpecifications: [
          { InstanceId: burstable?.InstanceId, CpuCredits: "unlimited" },
          { InstanceId: other?.InstanceId, CpuCredits: "unlimited" },
          { InstanceId: "i-00000000000000001", CpuCredits: "unlimited" },
        ],
      }),
    );
    expect(answer.SuccessfulInstanceCreditSpecifications).to.have.length(1);
    expect(answer.UnsuccessfulInstanceCreditSpecifications?.map(({ Error: error }) => error?.Code)).to.deep.equal([
      "InstanceCreditSpecification.NotSupported",
      "InvalidInstanceID.NotFound",
    ]);
  });

  it("finds instance types by requirements", async () => {
    const { InstanceTypes = [] } = await aws.ec2.send(
      new GetInstanceTypesFromInstanceRequirementsCommand({
        ArchitectureTypes: ["x86_64"],
        VirtualizationTypes: ["hvm"],
        InstanceRequirements: {
          VCpuCount: { Min: 2, Max: 2 },
          MemoryMiB: { Min: 8192, Max: 8192 },
          AllowedInstanceTypes: ["m5*"],
        },
      }),
    );
    const names = InstanceTypes.map(({ InstanceType }) => InstanceType);
    expect(names).to.include("m5.large");
    expect(names.every((name) => name?.startsWith("m5") && name.endsWith(".large"))).to.equal(true);
  });

  it("finds instance types by their accelerators and local disks, and those without", async () => {
    const find = async (InstanceRequirements: Partial<InstanceRequirementsRequest>) => {
      const sizes = { VCpuCount: { Min: 4, Max: 4 }, MemoryMiB: { Min: 16_384, Max: 16_384 } };
      const { InstanceTypes = [] } = await aws.ec2.send(
        new GetInstanceTypesFromInstanceRequirementsCommand({
          ...{ ArchitectureTypes: ["x86_64"], VirtualizationTypes: ["hvm"] },
          InstanceRequirements: { ...sizes, ...InstanceRequirements },
        }),
      );
      return InstanceTypes.map(({ InstanceType }) => InstanceType);
    };
    expect(await find({ AcceleratorNames: ["t4"] })).to.deep.equal(["g4dn.xlarge"]);
    expect(await find({ AcceleratorTypes: ["inference"] })).to.deep.equal(["inf2.xlarge"]);
    expect(await find({ AcceleratorManufacturers: ["amd"] })).to.deep.equal(["g4ad.xlarge"]);
    const plain = await find({ AcceleratorCount: { Max: 0 }, LocalStorage: "required", LocalStorageTypes: ["ssd"] });
    expect(plain).to.include("m5d.xlarge");
    expect(plain).to.not.include.members(["g4dn.xlarge"]);
    expect(await find({ LocalStorage: "required", LocalStorageTypes: ["hdd"] })).to.deep.equal(["d3en.xlarge"]);
  });

  it("keeps event windows with what they are associated with", async () => {
    const InstanceId = await runOne(aws.ec2);
    const { InstanceEventWindow } = await aws.ec2.send(
      new CreateInstanceEventWindowCommand({ Name: "nights", CronExpression: "* 21-23 * * 2,3" }),
    );
    const InstanceEventWindowId = InstanceEventWindow?.InstanceEventWindowId ?? "";
    const associated = await aws.ec2.send(
      new AssociateInstanceEventWindowCommand({
        InstanceEventWindowId,
        AssociationTarget: { InstanceIds: [InstanceId] },
      }),
    );
    expect(associated.InstanceEventWindow?.State).to.equal("creating");
    const { InstanceEventWindows } = await aws.ec2.send(
      new DescribeInstanceEventWindowsCommand({ Filters: [{ Name: "instance-id", Values: [InstanceId] }] }),
    );
    expect(InstanceEventWindows?.[0]).to.include({ Name: "nights", State: "active" });
    const inUse = await refusal(aws.ec2.send(new DeleteInstanceEventWindowCommand({ InstanceEventWindowId })));
    expect(inUse.code).to.equal("InvalidInstanceEventWindow.InUse");
    await aws.ec2.send(new DeleteInstanceEventWindowCommand({ InstanceEventWindowId, ForceDelete: true }));
  });

  it("answers no password of a Linux instance, and the place of a running one", async () => {
    const InstanceId = await runOne(aws.ec2);
    expect(await aws.ec2.send(new GetPasswordDataCommand({ InstanceId }))).to.include({ InstanceId, PasswordData: "" });
    const { Instances } = await aws.ec2.send(new DescribeInstanceTopologyCommand({ InstanceIds: [InstanceId] }));
    expect(Instances?.[0]?.NetworkNodes).to.have.length(3);
  });
});
