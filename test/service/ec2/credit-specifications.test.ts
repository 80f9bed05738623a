import {
  DescribeInstanceCreditSpecificationsCommand,
  type DescribeInstanceCreditSpecificationsCommandInput,
  GetDefaultCreditSpecificationCommand,
  ModifyDefaultCreditSpecificationCommand,
  ModifyInstanceCreditSpecificationCommand,
  type UnlimitedSupportedInstanceFamily,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { refusal } from "./support.ts";

/** Decision 165 says where the answers are from. */
describe("ec2 credit specifications", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const family = (name: string) => name as UnlimitedSupportedInstanceFamily;
  const zeros = "i-00000000000000000";

  it("has a default for each burstable family, by its name in either case", async () => {
    for (const [name, CpuCredits] of [
      ["t2", "standard"],
      ["t3", "unlimited"],
      ["T3", "unlimited"],
      ["t4g", "unlimited"],
    ] as const) {
      const told = await aws.ec2.send(new GetDefaultCreditSpecificationCommand({ InstanceFamily: family(name) }));
      expect(told.InstanceFamilyCreditSpecification).to.deep.equal({ InstanceFamily: name.toLowerCase(), CpuCredits });
    }
  });

  it("has none for the others", async () => {
    const m5 = aws.ec2.send(new GetDefaultCreditSpecificationCommand({ InstanceFamily: family("m5") }));
    expect(await refusal(m5)).to.deep.include({
      code: "InvalidInstanceFamily",
      message:
        "The m5 instance family does not support Unlimited. Only burstable performance instance families support Unlimited. Change the instance family and try again.",
    });
    const none = aws.ec2.send(new GetDefaultCreditSpecificationCommand({ InstanceFamily: family("") }));
    expect(await refusal(none)).to.deep.include({ code: "InvalidParameterValue" });
  });

  const describing: readonly (readonly [DescribeInstanceCreditSpecificationsCommandInput, string, string])[] = [
    [{ InstanceIds: ["x"] }, "InvalidInstanceID.Malformed", "Invalid ID: x. Change the ID and try again."],
    [{ InstanceIds: [zeros] }, "InvalidInstanceID.Malformed", `Invalid ID: ${zeros}. Change the ID and try again.`],
    [
      { Filters: [{ Name: "cpu-credits", Values: ["standard"] }] },
      ...([
        "InvalidRequest",
        "The value ( cpu-credits ) for the parameter Filter is invalid. Change the value and try again.",
      ] as const),
    ],
    [
      { MaxResults: 1001 },
      ...([
        "InvalidRequest",
        "The value 1001 for the maxResults parameter must be between 5 and 1000. Change the value and try again.",
      ] as const),
    ],
    [
      { InstanceIds: [zeros], MaxResults: 5 },
      ...([
        "InvalidParameterCombination",
        "The parameter InstanceIds cannot be used with the parameter MaxResults. Use one of the parameters and try again.",
      ] as const),
    ],
    [
      { InstanceIds: [zeros], DryRun: true },
      ...(["DryRunOperation", "Request would have succeeded, but DryRun flag is set."] as const),
    ],
  ];
  for (const [input, code, message] of describing) {
    it(`DescribeInstanceCreditSpecifications answers ${JSON.stringify(input)} with ${code}`, async () => {
      const refused = await refusal(aws.ec2.send(new DescribeInstanceCreditSpecificationsCommand(input)));
      expect(refused).to.deep.include({ code, message });
    });
  }

  it("dry runs of changes say nothing of families, instances and modes", async () => {
    const DryRun = true;
    const dry = [
      aws.ec2.send(
        new ModifyDefaultCreditSpecificationCommand({ InstanceFamily: family("m5"), CpuCredits: "invalid", DryRun }),
      ),
      aws.ec2.send(
        new ModifyInstanceCreditSpecificationCommand({
          InstanceCreditSpecifications: [{ InstanceId: "x", CpuCredits: "invalid" }],
          DryRun,
        }),
      ),
    ];
    for (const sent of dry) expect(await refusal(sent)).to.deep.include({ code: "DryRunOperation", status: 412 });
  });
});
