import {
  DescribeDBEngineVersionsCommand,
  type DescribeDBEngineVersionsCommandInput,
  DescribeOrderableDBInstanceOptionsCommand,
  paginateDescribeOrderableDBInstanceOptions,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable } from "./db-instances.ts";
import { rejectionOf } from "./rejection.ts";

describe("rds engines", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("rds DescribeDBEngineVersions", () => {
    it("lists versions that an instance can be created with", async () => {
      const { DBEngineVersions = [] } = await aws.rds.send(new DescribeDBEngineVersionsCommand({ Engine: "postgres" }));
      expect(DBEngineVersions).not.to.be.empty;
      for (const { EngineVersion, DBParameterGroupFamily } of DBEngineVersions) {
        const instance = await createAvailable(aws.rds, { EngineVersion });
        expect(instance.EngineVersion).to.equal(EngineVersion);
        expect(instance.DBParameterGroups?.[0]?.DBParameterGroupName).to.equal(`default.${DBParameterGroupFamily}`);
      }
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
      expect(await find({ Engine: "oracle-ee" })).to.deep.equal([]);
      expect(await find({ EngineVersion: EngineVersion.split(".")[0] })).to.include(EngineVersion);
      expect(await find({ EngineVersion: "1" })).to.deep.equal([]);
      expect(await find({ DBParameterGroupFamily: family })).to.include(EngineVersion);
      expect(
        await find({ Engine: "postgres", Filters: [{ Name: "engine-version", Values: [EngineVersion] }] }),
      ).to.deep.equal([EngineVersion]);
      expect(await find({ Filters: [{ Name: "status", Values: ["deprecated"] }] })).to.deep.equal([]);
    });
  });

  describe("rds DescribeOrderableDBInstanceOptions", () => {
    it("offers every class with every storage type, and each can be created", async () => {
      const request = { Engine: "postgres", DBInstanceClass: "db.t3.micro" };
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

    it("gives all options in pages, none twice", async () => {
      const request = { Engine: "postgres" };
      const keys: string[] = [];
      const pages = paginateDescribeOrderableDBInstanceOptions({ client: aws.rds, pageSize: 20 }, request);
      for await (const { OrderableDBInstanceOptions = [] } of pages) {
        keys.push(...OrderableDBInstanceOptions.map((o) => `${o.EngineVersion} ${o.DBInstanceClass} ${o.StorageType}`));
      }
      expect(keys.length).to.be.greaterThan(100);
      expect(new Set(keys).size).to.equal(keys.length);
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
