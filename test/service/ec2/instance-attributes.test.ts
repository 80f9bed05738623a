import {
  CreateSecurityGroupCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  GetConsoleOutputCommand,
  type InstanceAttributeName,
  ModifyInstanceAttributeCommand,
  type ModifyInstanceAttributeCommandInput,
  ModifyInstanceCreditSpecificationCommand,
  ModifyInstanceMetadataOptionsCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { describeOne, refusal, runOne, uniqueName, untilState } from "./support.ts";

describe("ec2 DescribeInstanceAttribute and ModifyInstanceAttribute", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws({ runtime: "records" });
  });
  after(() => aws.stop());

  function read(InstanceId: string, Attribute: InstanceAttributeName) {
    return aws.ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));
  }

  function modify(InstanceId: string, change: Omit<ModifyInstanceAttributeCommandInput, "InstanceId">) {
    return aws.ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...change }));
  }

  async function stopped(): Promise<string> {
    const id = await runOne(aws.ec2);
    await aws.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
    await untilState(aws.ec2, id, "stopped");
    return id;
  }

  it("reads the defaults", async () => {
    const id = await runOne(aws.ec2);
    expect((await read(id, "disableApiTermination")).DisableApiTermination).to.deep.equal({ Value: false });
    expect((await read(id, "disableApiStop")).DisableApiStop).to.deep.equal({ Value: false });
    expect((await read(id, "instanceInitiatedShutdownBehavior")).InstanceInitiatedShutdownBehavior).to.deep.equal({
      Value: "stop",
    });
    expect((await read(id, "instanceType")).InstanceType).to.deep.equal({ Value: "t3.micro" });
    expect((await read(id, "userData")).UserData?.Value).to.equal(undefined);
    expect((await read(id, "rootDeviceName")).RootDeviceName).to.deep.equal({ Value: "/dev/xvda" });
    expect((await read(id, "groupSet")).Groups?.[0]?.GroupName).to.equal("default");
    expect((await read(id, "blockDeviceMapping")).BlockDeviceMappings?.[0]?.DeviceName).to.equal("/dev/xvda");
  });

  it("gives user data back as it was given", async () => {
    const UserData = Buffer.from("#!/bin/sh\necho hello\n").toString("base64");
    const id = await runOne(aws.ec2, { UserData });
    expect((await read(id, "userData")).UserData).to.deep.equal({ Value: UserData });
  });

  it("protects an instance from termination, and lets go of it", async () => {
    const id = await runOne(aws.ec2);
    await modify(id, { DisableApiTermination: { Value: true } });
    const terminate = () => aws.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect((await refusal(terminate())).code).to.equal("OperationNotPermitted");
    await modify(id, { Attribute: "disableApiTermination", Value: "false" });
    await terminate();
  });

  it("changes type and user data of a stopped instance only", async () => {
    const running = await runOne(aws.ec2);
    const refused = await refusal(modify(running, { InstanceType: { Value: "t3.large" } }));
    expect(refused).to.deep.equal({
      code: "IncorrectInstanceState",
      status: 400,
      message: `The instance '${running}' is not in the 'stopped' state.`,
    });
    const id = await stopped();
    await modify(id, { InstanceType: { Value: "m5.xlarge" } });
    await modify(id, { UserData: { Value: Buffer.from("new") } });
    const instance = await describeOne(aws.ec2, id);
    expect(instance.InstanceType).to.equal("m5.xlarge");
    expect(instance.CpuOptions).to.deep.equal({ CoreCount: 2, ThreadsPerCore: 2 });
    expect((await read(id, "userData")).UserData?.Value).to.equal(Buffer.from("new").toString("base64"));
  });

  it("moves an instance to other groups", async () => {
    const GroupName = uniqueName("moved");
    const { GroupId = "" } = await aws.ec2.send(
      new CreateSecurityGroupCommand({ GroupName, Description: "of a test" }),
    );
    const id = await runOne(aws.ec2);
    await modify(id, { Groups: [GroupId] });
    const instance = await describeOne(aws.ec2, id);
    expect(instance.SecurityGroups).to.deep.equal([{ GroupId, GroupName }]);
    expect(instance.NetworkInterfaces?.[0]?.Groups).to.deep.equal([{ GroupId, GroupName }]);
  });

  const refusals: readonly [
    what: string,
    change: Omit<ModifyInstanceAttributeCommandInput, "InstanceId">,
    code: string,
  ][] = [
    ["an unknown type", { InstanceType: { Value: "x9.tiny" } }, "InvalidParameterValue"],
    ["an unknown behaviour", { InstanceInitiatedShutdownBehavior: { Value: "explode" } }, "InvalidParameterValue"],
    [
      "two attributes at once",
      { DisableApiStop: { Value: true }, SourceDestCheck: { Value: false } },
      "InvalidParameterCombination",
    ],
    ["no attribute", {}, "MissingParameter"],
    ["an unknown group", { Groups: ["sg-0123456789abcdef0"] }, "InvalidGroup.NotFound"],
  ];
  for (const [what, change, code] of refusals) {
    it(`rejects ${what} with ${code}`, async () => {
      expect(await refusal(modify(await stopped(), change))).to.include({ code, status: 400 });
    });
  }

  it("knows the credit option of burstable instances, and changes it", async () => {
    const id = await runOne(aws.ec2);
    const fixed = await runOne(aws.ec2, { InstanceType: "m5.large" });
    const specifications = async () =>
      (await aws.ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds: [id, fixed] })))
        .InstanceCreditSpecifications;
    expect(await specifications()).to.deep.equal([{ InstanceId: id, CpuCredits: "unlimited" }]);
    await aws.ec2.send(
      new ModifyInstanceCreditSpecificationCommand({
        InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits: "standard" }],
      }),
    );
    expect(await specifications()).to.deep.equal([{ InstanceId: id, CpuCredits: "standard" }]);
  });

  it("changes metadata options and keeps the others", async () => {
    const id = await runOne(aws.ec2);
    const { InstanceMetadataOptions } = await aws.ec2.send(
      new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, HttpTokens: "required" }),
    );
    expect(InstanceMetadataOptions).to.include({ HttpTokens: "required", State: "pending" });
    const { MetadataOptions } = await describeOne(aws.ec2, id);
    expect(MetadataOptions?.State).to.equal("applied");
    expect(MetadataOptions).to.include({ HttpTokens: "required", HttpEndpoint: "enabled", HttpPutResponseHopLimit: 1 });
    const answer = await refusal(
      aws.ec2.send(new ModifyInstanceMetadataOptionsCommand({ InstanceId: id, HttpPutResponseHopLimit: 65 })),
    );
    expect(answer.code).to.equal("InvalidParameterValue");
  });

  it("answers GetConsoleOutput for an instance, and InvalidInstanceID.NotFound for none", async () => {
    const InstanceId = await runOne(aws.ec2);
    const output = await aws.ec2.send(new GetConsoleOutputCommand({ InstanceId }));
    expect(output.InstanceId).to.equal(InstanceId);
    expect(output.Timestamp).to.be.instanceOf(Date);
    const answer = await refusal(aws.ec2.send(new GetConsoleOutputCommand({ InstanceId: "i-0123456789abcdef0" })));
    expect(answer.code).to.equal("InvalidInstanceID.NotFound");
  });
});
