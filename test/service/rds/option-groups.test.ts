import {
  CopyOptionGroupCommand,
  CreateOptionGroupCommand,
  DeleteOptionGroupCommand,
  DescribeOptionGroupOptionsCommand,
  DescribeOptionGroupsCommand,
  ModifyOptionGroupCommand,
  type ModifyOptionGroupCommandInput,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable, uniqueIdentifier } from "./db-instances.ts";
import { refusal as refused } from "./rejection.ts";

describe("rds option groups", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  async function make(EngineName: string, MajorEngineVersion: string): Promise<string> {
    const OptionGroupName = uniqueIdentifier();
    const group = { OptionGroupName, EngineName, MajorEngineVersion, OptionGroupDescription: "of a test" };
    await aws.rds.send(new CreateOptionGroupCommand(group));
    return OptionGroupName;
  }

  const modify = (input: ModifyOptionGroupCommandInput) => aws.rds.send(new ModifyOptionGroupCommand(input));

  describe("rds DescribeOptionGroupOptions", () => {
    const optionsOf = async (EngineName: string, MajorEngineVersion?: string) =>
      (await aws.rds.send(new DescribeOptionGroupOptionsCommand({ EngineName, MajorEngineVersion })))
        .OptionGroupOptions;

    it("gives the options of each major version", async () => {
      const names = async (engine: string, major: string) =>
        (await optionsOf(engine, major))?.map((option) => option.Name);
      expect(await names("mysql", "8.0")).to.deep.equal(["MARIADB_AUDIT_PLUGIN", "MEMCACHED"]);
      expect(await names("mysql", "8.4")).to.deep.equal(["MARIADB_AUDIT_PLUGIN"]);
      expect(await names("postgres", "16")).to.deep.equal([]);
      expect(await names("sqlserver-ex", "15.00")).to.deep.equal(["SQLSERVER_AUDIT", "SQLSERVER_BACKUP_RESTORE"]);
      expect(await names("oracle-se2", "19")).to.include.members(["APEX", "S3_INTEGRATION", "SSL", "Timezone"]);
      expect(await names("oracle-se2", "19")).not.to.include("OLAP");
    });

    it("says what an option needs", async () => {
      const options = await optionsOf("oracle-ee", "19");
      const agent = options?.find((option) => option.Name === "OEM_AGENT");
      expect(agent).to.include({ PortRequired: true, DefaultPort: 3872, Permanent: false });
      const required = agent?.OptionGroupOptionSettings?.filter((setting) => setting.IsRequired);
      expect(required?.map((setting) => setting.SettingName)).to.deep.equal([
        ...["OMS_HOST", "OMS_PORT", "AGENT_REGISTRATION_PASSWORD"],
      ]);
      expect(options?.find((option) => option.Name === "APEX-DEV")?.OptionsDependedOn).to.deep.equal(["APEX"]);
      expect(options?.find((option) => option.Name === "Timezone")).to.include({ Permanent: true, Persistent: true });
    });

    it("rejects an engine and a major version that are none", async () => {
      const ask = (EngineName: string, MajorEngineVersion: string) =>
        refused(aws.rds.send(new DescribeOptionGroupOptionsCommand({ EngineName, MajorEngineVersion })));
      expect(await ask("abacus", "1")).to.equal("InvalidParameterValue 400: Invalid DB engine: abacus");
      expect(await ask("mysql", "6.6")).to.equal(
        "InvalidParameterCombination 400: Cannot find major version 6.6 for mysql",
      );
    });
  });

  describe("rds ModifyOptionGroup", () => {
    it("keeps ports, settings, versions and security groups, also where another change does not say them", async () => {
      const OptionGroupName = await make("oracle-ee", "19");
      const OptionSettings = [
        ...[{ Name: "OMS_HOST", Value: "oms.example.com" }],
        ...[{ Name: "OMS_PORT", Value: "4903" }],
        ...[{ Name: "AGENT_REGISTRATION_PASSWORD", Value: "secret" }],
      ];
      const agent = {
        OptionName: "OEM_AGENT",
        Port: 3900,
        VpcSecurityGroupMemberships: ["sg-12345678"],
        OptionSettings,
      };
      await modify({ OptionGroupName, OptionsToInclude: [{ ...agent, OptionVersion: "13.4.0.9.v1" }] });
      const again = { OptionName: "OEM_AGENT", OptionSettings: [{ Name: "OMS_PORT", Value: "4904" }] };
      const { OptionGroup } = await modify({ OptionGroupName, OptionsToInclude: [again] });
      const [option] = OptionGroup?.Options ?? [];
      expect(option).to.deep.include({ Port: 3900, OptionVersion: "13.4.0.9.v1" });
      expect(option?.VpcSecurityGroupMemberships).to.deep.equal([
        { VpcSecurityGroupId: "sg-12345678", Status: "active" },
      ]);
      const settingOf = (name: string) => option?.OptionSettings?.find((setting) => setting.Name === name)?.Value;
      expect([settingOf("OMS_HOST"), settingOf("OMS_PORT")]).to.deep.equal(["oms.example.com", "4904"]);
    });

    it("rejects what an option has not, lacks, or goes without", async () => {
      const OptionGroupName = await make("oracle-ee", "19");
      const include = (option: NonNullable<ModifyOptionGroupCommandInput["OptionsToInclude"]>[number]) =>
        refused(modify({ OptionGroupName, OptionsToInclude: [option] }));
      expect(await include({ OptionName: "MEMCACHED" })).to.match(/^InvalidParameterValue 400: Invalid option name/);
      expect(await include({ OptionName: "OEM_AGENT" })).to.match(/^InvalidParameterValue 400: .*OMS_HOST is required/);
      expect(await include({ OptionName: "APEX-DEV" })).to.match(/^InvalidParameterCombination 400: .*requires.*APEX/);
      expect(await include({ OptionName: "STATSPACK", Port: 5000 })).to.match(
        /^InvalidParameterCombination 400: .*no port/,
      );
      expect(
        await include({
          OptionName: "NATIVE_NETWORK_ENCRYPTION",
          OptionSettings: [{ Name: "SQLNET.ENCRYPTION_SERVER", Value: "MAYBE" }],
        }),
      ).to.match(/^InvalidParameterValue 400: Invalid value MAYBE/);
      await modify({ OptionGroupName, OptionsToInclude: [{ OptionName: "Timezone" }] });
      expect(await refused(modify({ OptionGroupName, OptionsToRemove: ["Timezone"] }))).to.match(
        /^InvalidParameterCombination 400: The option Timezone is permanent/,
      );
      expect(await refused(modify({ OptionGroupName }))).to.match(/^InvalidParameterCombination 400/);
    });
  });

  it("shows default groups that instances have, and lets nobody change them", async () => {
    const { OptionGroupMemberships } = await createAvailable(aws.rds, { Engine: "mysql", EngineVersion: "8.0.35" });
    expect(OptionGroupMemberships).to.deep.equal([{ OptionGroupName: "default:mysql-8-0", Status: "in-sync" }]);
    const { OptionGroupsList = [] } = await aws.rds.send(new DescribeOptionGroupsCommand({ EngineName: "mysql" }));
    expect(OptionGroupsList.map((group) => group.OptionGroupName)).to.include("default:mysql-8-0");
    const OptionGroupName = "default:mysql-8-0";
    expect(await refused(aws.rds.send(new DeleteOptionGroupCommand({ OptionGroupName })))).to.match(
      /^InvalidOptionGroupStateFault 400/,
    );
    expect(await refused(modify({ OptionGroupName, OptionsToRemove: ["MEMCACHED"] }))).to.match(
      /^InvalidOptionGroupStateFault 400/,
    );
  });

  it("copies a group with its options, and no default one", async () => {
    const SourceOptionGroupIdentifier = await make("mysql", "8.0");
    const OptionsToInclude = [{ OptionName: "MEMCACHED", Port: 11_212 }];
    await modify({ OptionGroupName: SourceOptionGroupIdentifier, OptionsToInclude });
    const copy = (source: string) =>
      aws.rds.send(
        new CopyOptionGroupCommand({
          SourceOptionGroupIdentifier: source,
          TargetOptionGroupIdentifier: uniqueIdentifier(),
          TargetOptionGroupDescription: "copied",
        }),
      );
    const { OptionGroup } = await copy(SourceOptionGroupIdentifier);
    expect(OptionGroup?.Options?.map(({ OptionName, Port }) => [OptionName, Port])).to.deep.equal([
      ["MEMCACHED", 11_212],
    ]);
    expect(await refused(copy("default:mysql-8-0"))).to.match(/^InvalidParameterValue 400/);
  });
});
