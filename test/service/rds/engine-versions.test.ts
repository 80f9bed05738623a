import {
  DescribeDBEngineVersionsCommand,
  type DescribeDBEngineVersionsCommandInput,
  DescribeOrderableDBInstanceOptionsCommand,
  type DescribeOrderableDBInstanceOptionsCommandInput,
  ModifyDBInstanceCommand,
  paginateDescribeOrderableDBInstanceOptions,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createCluster } from "./db-clusters.ts";
import { createAvailable, untilStatus } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

/** Minor versions that configurations ask for. */
const pinned = [
  ["postgres", "16.3"],
  ["postgres", "15.4"],
  ["postgres", "14.10"],
  ["postgres", "13.7"],
  ["postgres", "12.22"],
  ["postgres", "12.22-rds.20250220"],
  ["postgres", "17.11"],
  ["mysql", "8.0.35"],
  ["mysql", "8.4.3"],
  ["mysql", "5.7.44"],
  ["mysql", "5.7.44-rds.20250818"],
  ["mariadb", "10.6.14"],
  ["mariadb", "10.11.6"],
  ["mariadb", "11.4.4"],
] as const;

describe("rds engines", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("rds DescribeDBEngineVersions", () => {
    it("lists versions that an instance can be created with", async () => {
      for (const [Engine, EngineVersion] of pinned) {
        const request = { Engine, EngineVersion };
        const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand(request));
        expect(DBEngineVersions.map((version) => version.Status)).to.deep.equal(["available"]);
        const instance = await createAvailable(aws.rds, request);
        expect(instance.EngineVersion).to.equal(EngineVersion);
        const family = DBEngineVersions[0]?.DBParameterGroupFamily;
        expect(instance.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal(`default.${family}`);
      }
    });

    it("tells what RDS calls a version, and what its roles can be for", async () => {
      for (const [Engine, EngineVersion, title, features] of [
        ["postgres", "14.10", "PostgreSQL 14.10-R1", ["s3Import", "s3Export", "Lambda"]],
        ["mysql", "8.0.35", "MySQL 8.0.35", []],
      ] as const) {
        const { DBEngineVersions = [] } = await aws.rds.send(
          new DescribeDBEngineVersionsCommand({ Engine, EngineVersion }),
        );
        expect(DBEngineVersions[0]?.DBEngineVersionDescription).to.equal(title);
        expect(DBEngineVersions[0]?.SupportedFeatureNames).to.deep.equal(features);
      }
    });

    it("lists versions that a cluster can be created with", async () => {
      for (const [Engine, EngineVersion, family] of [
        ["aurora-postgresql", "15.4", "aurora-postgresql15"],
        ["aurora-postgresql", "18.3", "aurora-postgresql18"],
        ["aurora-mysql", "8.4.mysql_aurora.8.4.7", "aurora-mysql8.4"],
        ["aurora-mysql", "8.0.mysql_aurora.3.04.0", "aurora-mysql8.0"],
        ["aurora-mysql", "5.7.mysql_aurora.2.11.4", "aurora-mysql5.7"],
      ] as const) {
        const request = { Engine, EngineVersion };
        const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand(request));
        expect(DBEngineVersions.map((version) => version.DBParameterGroupFamily)).to.deep.equal([family]);
        const cluster = await createCluster(aws.rds, request);
        expect(cluster).to.include({ EngineVersion, DBClusterParameterGroup: `default.${family}` });
      }
    });

    it("rejects a version that RDS has not with InvalidParameterCombination", async () => {
      for (const [Engine, EngineVersion] of [
        ...([
          ["postgres", "16.99"],
          ["postgres", "9.6.24"],
        ] as const),
        ...([
          ["mysql", "8.0.29"],
          ["mysql", "5.6.51"],
        ] as const),
        ...([["mariadb", "10.3.39"]] as const),
      ]) {
        const error = await rejectionOf(createAvailable(aws.rds, { Engine, EngineVersion }));
        expect(error.name).to.equal("InvalidParameterCombination");
        expect(error.message).to.equal(`Cannot find version ${EngineVersion} for ${Engine}`);
      }
    });

    it("takes the next minor versions of a major, which the table does not have yet", async () => {
      const { DBEngineVersions = [] } = await aws.rds.send(
        new DescribeDBEngineVersionsCommand({ Engine: "postgres", EngineVersion: "17" }),
      );
      const [major, minor] = DBEngineVersions.at(-1)?.EngineVersion?.split(".").map(Number) ?? [];
      const EngineVersion = `${major}.${(minor ?? 0) + 1}`;
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { EngineVersion: "17.9" });
      await aws.rds.send(new ModifyDBInstanceCommand({ DBInstanceIdentifier, EngineVersion, ApplyImmediately: true }));
      const upgraded = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
      expect(upgraded.EngineVersion).to.equal(EngineVersion);
    });

    it("upgrades from and to versions of extended support", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { EngineVersion: "12.22" });
      for (const EngineVersion of ["12.22-rds.20250220", "12.22-rds.20260514", "16.14"]) {
        const request = { DBInstanceIdentifier, EngineVersion, AllowMajorVersionUpgrade: true, ApplyImmediately: true };
        await aws.rds.send(new ModifyDBInstanceCommand(request));
        const upgraded = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
        expect(upgraded.EngineVersion).to.equal(EngineVersion);
      }
    });

    it("upgrades a pinned version to what it lists as its targets", async () => {
      const { DBInstanceIdentifier } = await createAvailable(aws.rds, { EngineVersion: "12.19" });
      const { DBEngineVersions = [] } = await aws.rds.send(
        new DescribeDBEngineVersionsCommand({ Engine: "postgres", EngineVersion: "12.19" }),
      );
      const targets = DBEngineVersions[0]?.ValidUpgradeTarget?.map((target) => target.EngineVersion);
      expect(targets).to.include.members(["12.20", "13.15", "16.3", "17.1"]);
      expect(targets).not.to.include.members(["12.18", "13.14", "16.2"]);
      for (const EngineVersion of ["12.20", "16.6", "16.8", "17.6"]) {
        const request = { DBInstanceIdentifier, EngineVersion, AllowMajorVersionUpgrade: true, ApplyImmediately: true };
        await aws.rds.send(new ModifyDBInstanceCommand(request));
        const upgraded = await untilStatus(aws.rds, DBInstanceIdentifier, "available");
        expect(upgraded.EngineVersion).to.equal(EngineVersion);
      }
      const back = { DBInstanceIdentifier, EngineVersion: "16.8", AllowMajorVersionUpgrade: true };
      const error = await rejectionOf(aws.rds.send(new ModifyDBInstanceCommand(back)));
      expect(error.message).to.equal("Cannot find upgrade path from 17.6 to 16.8.");
    });

    it("lists those whose support has ended with IncludeAll alone", async () => {
      const request = { Engine: "mysql", Filters: [{ Name: "status", Values: ["deprecated"] }] };
      const deprecated = async (IncludeAll: boolean) =>
        (await aws.rds.send(new DescribeDBEngineVersionsCommand({ ...request, IncludeAll }))).DBEngineVersions?.map(
          (version) => version.EngineVersion,
        );
      expect(await deprecated(false)).to.deep.equal([]);
      expect(await deprecated(true)).to.deep.equal(["5.6.51"]);
    });

    it("describes engines that have no servers here", async () => {
      const of = async (Engine: string) =>
        (
          await aws.rds.send(
            new DescribeDBEngineVersionsCommand({
              ...{ Engine, DefaultOnly: true, ListSupportedCharacterSets: true, ListSupportedTimezones: true },
            }),
          )
        ).DBEngineVersions?.[0];
      const oracle = await of("oracle-ee");
      expect(oracle?.DBParameterGroupFamily).to.equal("oracle-ee-19");
      expect(oracle?.DefaultCharacterSet?.CharacterSetName).to.equal("AL32UTF8");
      expect(oracle?.SupportedCharacterSets?.length).to.be.greaterThan(20);
      const sqlServer = await of("sqlserver-se");
      expect(sqlServer?.DBParameterGroupFamily).to.equal("sqlserver-se-15.0");
      expect(sqlServer?.SupportedTimezones?.map((zone) => zone.TimezoneName)).to.include("GMT Standard Time");
      expect((await of("mysql"))?.SupportedTimezones?.map((zone) => zone.TimezoneName)).to.include("Asia/Tokyo");
    });

    it("rejects an unknown engine with InvalidParameterValue", async () => {
      const error = await rejectionOf(aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "abacus" })));
      expect([error.name, error.message]).to.deep.equal([
        ...["InvalidParameterValue", "Unrecognized engine name: abacus"],
      ]);
    });

    it("with DefaultOnly names the version of an instance that asks for none", async () => {
      const request = { Engine: "postgres", DefaultOnly: true };
      const { DBEngineVersions } = await aws.rds.send(new DescribeDBEngineVersionsCommand(request));
      const { EngineVersion } = await createAvailable(aws.rds);
      expect(DBEngineVersions?.map((version) => version.EngineVersion)).to.deep.equal([EngineVersion]);
    });

    it("finds by engine, major, family and filter", async () => {
      const { EngineVersion = "" } = await createAvailable(aws.rds);
      const family = `postgres${EngineVersion.split(".")[0]}`;
      const find = async (input: DescribeDBEngineVersionsCommandInput) =>
        (await aws.rds.send(new DescribeDBEngineVersionsCommand(input))).DBEngineVersions?.map((v) => v.EngineVersion);
      expect(await find({ EngineVersion: EngineVersion.split(".")[0] })).to.include(EngineVersion);
      expect(await find({ EngineVersion: "1" })).to.deep.equal([]);
      expect(await find({ Engine: "postgres", EngineVersion: "16.3" })).to.deep.equal(["16.3"]);
      expect(await find({ DBParameterGroupFamily: family })).to.include(EngineVersion);
      expect(
        await find({ Engine: "postgres", Filters: [{ Name: "engine-version", Values: [EngineVersion] }] }),
      ).to.deep.equal([EngineVersion]);
      expect(await find({ Filters: [{ Name: "status", Values: ["deprecated"] }] })).to.deep.equal([]);
    });
  });

  describe("rds DescribeOrderableDBInstanceOptions", () => {
    it("offers every class with every storage type, and each can be created", async () => {
      const request = { Engine: "postgres", DBInstanceClass: "db.t3.micro", EngineVersion: "16.3" };
      const { OrderableDBInstanceOptions = [] } = await aws.rds.send(
        new DescribeOrderableDBInstanceOptionsCommand(request),
      );
      expect(new Set(OrderableDBInstanceOptions.map((option) => option.StorageType))).to.deep.equal(
        new Set(["gp2", "gp3", "io1", "io2", "standard"]),
      );
      for (const { EngineVersion, StorageType, MinStorageSize, MinIopsPerDbInstance } of OrderableDBInstanceOptions) {
        const Iops = StorageType === "io1" || StorageType === "io2" ? MinIopsPerDbInstance : undefined;
        await createAvailable(aws.rds, { EngineVersion, StorageType, AllocatedStorage: MinStorageSize, Iops });
      }
    });

    async function inPages(request: DescribeOrderableDBInstanceOptionsCommandInput): Promise<string[]> {
      const keys: string[] = [];
      const pages = paginateDescribeOrderableDBInstanceOptions({ client: aws.rds, pageSize: 20 }, request);
      for await (const { OrderableDBInstanceOptions = [] } of pages) {
        keys.push(...OrderableDBInstanceOptions.map((o) => `${o.EngineVersion} ${o.DBInstanceClass} ${o.StorageType}`));
      }
      return keys;
    }

    it("gives all options in pages, none twice", async () => {
      const keys = await inPages({ Engine: "postgres", EngineVersion: "17.6" });
      expect(keys.length).to.be.greaterThan(100);
      expect(new Set(keys).size).to.equal(keys.length);
    });

    it("gives the options of all versions in pages", async () => {
      const request = { Engine: "mariadb" };
      const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand(request));
      const types = ["gp2", "gp3", "io1", "io2", "standard"];
      const options = DBEngineVersions.flatMap(({ EngineVersion }) =>
        types.map((type) => `${EngineVersion} db.t3.micro ${type}`),
      );
      expect(await inPages({ Engine: "mariadb", DBInstanceClass: "db.t3.micro" })).to.have.members(options);
    });

    it("rejects an unknown engine with InvalidParameterValue", async () => {
      const error = await rejectionOf(
        aws.rds.send(new DescribeOrderableDBInstanceOptionsCommand({ Engine: "abacus" })),
      );
      expect(error.name).to.equal("InvalidParameterValue");
      expect(error.message).to.match(/^Invalid DB engine/);
    });
  });
});
