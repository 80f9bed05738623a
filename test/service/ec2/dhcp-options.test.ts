import {
  AssociateDhcpOptionsCommand,
  CreateDhcpOptionsCommand,
  DeleteDhcpOptionsCommand,
  type NewDhcpConfiguration,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { makeVpc } from "./network-support.ts";
import { refusal } from "./support.ts";

/** Decision 165 says where the answers are from. */
describe("ec2 DHCP options", () => {
  let aws: TestServer;

  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function create(...DhcpConfigurations: NewDhcpConfiguration[]) {
    const { DhcpOptions } = await aws.ec2.send(new CreateDhcpOptionsCommand({ DhcpConfigurations }));
    return DhcpOptions ?? {};
  }

  const lease = "ipv6-address-preferred-lease-time";
  for (const [Key, Values, value] of [
    ["domain-name", [""], "empty string for 'domain-name' is not allowed"],
    ["domain-name", ["a".repeat(256)], "a".repeat(256)],
    ["domain-name-servers", ["invalid"], "invalid"],
    ["domain-name-servers", ["10.0.0.1,10.0.0.2,10.0.0.3", "10.0.0.4", "10.0.0.5"], undefined],
    ["netbios-name-servers", ["fd00::1"], "fd00::1"],
    ["netbios-node-type", ["128"], "128"],
    ["netbios-node-type", ["x"], "x"],
    ["netbios-node-type", ["1", "2"], "1,2"],
    [lease, ["139"], `'139' for '${lease}' is out of bounds`],
    [lease, ["10m"], `'10m' for '${lease}' is not allowed`],
  ] as const) {
    it(`refuses ${Values.join(" and ").slice(0, 40) || "nothing"} for ${Key}`, async () => {
      const told = value ?? "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4,10.0.0.5";
      expect(await refusal(create({ Key, Values: [...Values] }))).to.deep.include({
        code: "InvalidParameterValue",
        message: `Value (${told}) for parameter value is invalid. Invalid DHCP option value.`,
      });
    });
  }

  it("knows no other options, and says nothing of it in a dry run", async () => {
    const DhcpConfigurations = [{ Key: "wat", Values: ["x"] }];
    expect(await refusal(create(...DhcpConfigurations))).to.deep.include({
      code: "InvalidParameterValue",
      message: "Value (wat) for parameter name is invalid. Unknown DHCP option",
    });
    const dry = aws.ec2.send(new CreateDhcpOptionsCommand({ DhcpConfigurations, DryRun: true }));
    expect(await refusal(dry)).to.deep.include({ code: "DryRunOperation", status: 412 });
  });

  it("puts the values of a repeated key and of a list in one text together", async () => {
    const { DhcpConfigurations } = await create(
      { Key: "domain-name", Values: ["a.invalid"] },
      { Key: "domain-name", Values: ["b.invalid"] },
      { Key: "domain-name-servers", Values: ["10.0.0.2, 10.0.0.3"] },
      { Key: "netbios-node-type", Values: ["-128"] },
      { Key: lease, Values: ["00140"] },
    );
    expect(DhcpConfigurations).to.deep.equal([
      { Key: "domain-name", Values: [{ Value: "a.invalid" }, { Value: "b.invalid" }] },
      { Key: "domain-name-servers", Values: [{ Value: "10.0.0.2" }, { Value: "10.0.0.3" }] },
      { Key: "netbios-node-type", Values: [{ Value: "-128" }] },
      { Key: lease, Values: [{ Value: "00140" }] },
    ]);
  });

  it("a dry run of a deletion finds the options, not who uses them", async () => {
    const VpcId = await makeVpc(aws.ec2);
    const { DhcpOptionsId = "" } = await create({ Key: "domain-name", Values: ["a.invalid"] });
    await aws.ec2.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId }));
    const dry = aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId, DryRun: true }));
    expect(await refusal(dry)).to.deep.include({ code: "DryRunOperation" });
    const used = aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId }));
    expect(await refusal(used)).to.deep.include({ code: "DependencyViolation" });
    const none = aws.ec2.send(new DeleteDhcpOptionsCommand({ DhcpOptionsId: "none", DryRun: true }));
    expect(await refusal(none)).to.deep.include({
      ...{ code: "InvalidDhcpOptionsId.Malformed", message: "The dhcp-options ID 'none' is malformed" },
    });
    const associated = aws.ec2.send(new AssociateDhcpOptionsCommand({ VpcId, DhcpOptionsId: "none" }));
    expect(await refusal(associated)).to.deep.include({
      ...{ code: "InvalidDhcpOptionsId.Malformed", message: 'Invalid id: "none" (expecting "dopt-...")' },
    });
  });
});
