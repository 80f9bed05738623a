import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  ApplyPendingMaintenanceActionCommand,
  DescribeAccountAttributesCommand,
  DescribeCertificatesCommand,
  DescribeDBMajorEngineVersionsCommand,
  DescribeDBRecommendationsCommand,
  DescribePendingMaintenanceActionsCommand,
  DescribeReservedDBInstancesCommand,
  DescribeReservedDBInstancesOfferingsCommand,
  DescribeSourceRegionsCommand,
  DescribeValidDBInstanceModificationsCommand,
  ModifyCertificatesCommand,
  ModifyDBInstanceCommand,
  PurchaseReservedDBInstancesOfferingCommand,
} from "@aws-sdk/client-rds";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { createAvailable } from "./db-instances.ts";
import { refused } from "./rejection.ts";

describe("rds facts of an account", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  it("rds ModifyCertificates gives new instances another certificate, until it is taken back", async () => {
    const describeAll = async () => {
      const { $metadata: _, ...answer } = await aws.rds.send(new DescribeCertificatesCommand({}));
      return answer;
    };
    const first = await describeAll();
    expect(first.DefaultCertificateForNewLaunches).to.equal("rds-ca-rsa2048-g1");
    const CertificateIdentifier = "rds-ca-rsa4096-g1";
    const { Certificate } = await aws.rds.send(new ModifyCertificatesCommand({ CertificateIdentifier }));
    expect(Certificate).to.include({ CertificateIdentifier, CustomerOverride: true, CertificateType: "CA" });
    expect((await describeAll()).DefaultCertificateForNewLaunches).to.equal(CertificateIdentifier);
    const instance = await createAvailable(aws.rds);
    expect(instance.CACertificateIdentifier).to.equal(CertificateIdentifier);
    const { CAIdentifier, ValidTill } = instance.CertificateDetails ?? {};
    expect({ CAIdentifier, ValidTill }).to.deep.equal({
      CAIdentifier: CertificateIdentifier,
      ValidTill: Certificate?.ValidTill,
    });
    const pem = await readFile(join(aws.dataDir, "rds-ca", "ca.pem"));
    const authority = new X509Certificate(pem);
    expect(Certificate?.Thumbprint).to.equal(authority.fingerprint.replaceAll(":", "").toLowerCase());
    expect(ValidTill).to.deep.equal(new Date(authority.validTo));
    await aws.rds.send(new ModifyCertificatesCommand({ RemoveCustomerOverride: true }));
    expect(await describeAll()).to.deep.equal(first);
  });

  it("rds certificates that there are not are refused", async () => {
    const CertificateIdentifier = "rds-ca-none";
    const { DBInstanceIdentifier } = await createAvailable(aws.rds);
    const calls = [
      aws.rds.send(new DescribeCertificatesCommand({ CertificateIdentifier })),
      aws.rds.send(new ModifyCertificatesCommand({ CertificateIdentifier })),
      createAvailable(aws.rds, { CACertificateIdentifier: CertificateIdentifier }),
      aws.rds.send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier, CACertificateIdentifier: CertificateIdentifier }),
      ),
    ];
    for (const call of calls) expect(await refused(call)).to.equal("CertificateNotFoundFault 404");
    expect(await refused(aws.rds.send(new ModifyCertificatesCommand({})))).to.equal("InvalidParameterCombination 400");
  });

  it("rds DescribeAccountAttributes counts what there is", async () => {
    const quota = async (name: string) => {
      const { AccountQuotas } = await aws.rds.send(new DescribeAccountAttributesCommand({}));
      return AccountQuotas?.find(({ AccountQuotaName }) => AccountQuotaName === name);
    };
    const before = (await quota("AllocatedStorage"))?.Used ?? 0;
    const instances = (await quota("DBInstances"))?.Used ?? 0;
    await createAvailable(aws.rds, { AllocatedStorage: 50 });
    expect(await quota("AllocatedStorage")).to.include({ Used: before + 50, Max: 100_000 });
    expect(await quota("DBInstances")).to.include({ Used: instances + 1, Max: 200 });
  });

  it("rds DescribeSourceRegions lists the other regions, or one", async () => {
    const { SourceRegions = [] } = await aws.rds.send(new DescribeSourceRegionsCommand({}));
    const names = SourceRegions.map(({ RegionName }) => RegionName);
    expect(names).to.include("eu-west-1").and.not.include("us-east-1");
    const one = await aws.rds.send(new DescribeSourceRegionsCommand({ RegionName: "eu-west-1" }));
    expect(one.SourceRegions?.map(({ RegionName }) => RegionName)).to.deep.equal(["eu-west-1"]);
    const wrong = aws.rds.send(new DescribeSourceRegionsCommand({ RegionName: "nowhere-1" }));
    expect(await refused(wrong)).to.equal("InvalidParameterValue 400");
  });

  it("rds DescribeValidDBInstanceModifications gives storage that only grows", async () => {
    const { DBInstanceIdentifier } = await createAvailable(aws.rds, { AllocatedStorage: 200 });
    const { ValidDBInstanceModificationsMessage: valid } = await aws.rds.send(
      new DescribeValidDBInstanceModificationsCommand({ DBInstanceIdentifier }),
    );
    const gp3 = valid?.Storage?.find(({ StorageType }) => StorageType === "gp3");
    expect(gp3?.StorageSize).to.deep.equal([{ From: 200, To: 65_536, Step: 1 }]);
    const none = aws.rds.send(new DescribeValidDBInstanceModificationsCommand({ DBInstanceIdentifier: "none" }));
    expect(await refused(none)).to.equal("DBInstanceNotFoundFault 404");
  });

  it("rds DescribeDBMajorEngineVersions says how long a version is supported", async () => {
    const describeMajors = async (input = {}) =>
      (await aws.rds.send(new DescribeDBMajorEngineVersionsCommand(input))).DBMajorEngineVersions ?? [];
    expect(
      (await describeMajors()).map(({ Engine, MajorEngineVersion }) => `${Engine} ${MajorEngineVersion}`),
    ).to.deep.equal([
      ...["mariadb 10.4", "mariadb 10.5", "mariadb 10.6", "mariadb 10.11", "mariadb 11.4", "mariadb 11.8"],
      ...["mysql 5.7", "mysql 8.0", "mysql 8.4", "postgres 11", "postgres 12", "postgres 13", "postgres 14"],
      ...["postgres 15", "postgres 16", "postgres 17", "postgres 18"],
    ]);
    const [one] = await describeMajors({ Engine: "postgres", MajorEngineVersion: "16" });
    expect(one?.SupportedEngineLifecycles?.map((cycle) => cycle.LifecycleSupportEndDate?.toISOString())).to.deep.equal([
      ...["2029-02-28T23:59:59.000Z", "2032-02-29T23:59:59.000Z"],
    ]);
    const [mariadb] = await describeMajors({ Engine: "mariadb", MajorEngineVersion: "10.11" });
    expect(mariadb?.SupportedEngineLifecycles?.map((cycle) => cycle.LifecycleSupportName)).to.deep.equal([
      "open-source-rds-standard-support",
    ]);
    expect(await describeMajors({ Engine: "oracle-ee" })).to.deep.equal([]);
  });

  it("rds pending maintenance actions are none, of instances that there are", async () => {
    const { DBInstanceArn: ResourceIdentifier } = await createAvailable(aws.rds);
    const { PendingMaintenanceActions } = await aws.rds.send(
      new DescribePendingMaintenanceActionsCommand({ ResourceIdentifier }),
    );
    expect(PendingMaintenanceActions).to.deep.equal([]);
    const apply = (changes: object) =>
      aws.rds.send(
        new ApplyPendingMaintenanceActionCommand({
          ...{ ResourceIdentifier, ApplyAction: "system-update", OptInType: "immediate", ...changes },
        }),
      );
    expect(await refused(apply({}))).to.equal("ResourceNotFoundFault 404");
    expect(await refused(apply({ ResourceIdentifier: `${ResourceIdentifier}x` }))).to.equal(
      "ResourceNotFoundFault 404",
    );
    expect(await refused(apply({ OptInType: "never" }))).to.equal("InvalidParameterValue 400");
  });

  it("rds reserved instances and recommendations are none", async () => {
    expect((await aws.rds.send(new DescribeReservedDBInstancesCommand({}))).ReservedDBInstances).to.deep.equal([]);
    const offerings = await aws.rds.send(new DescribeReservedDBInstancesOfferingsCommand({}));
    expect(offerings.ReservedDBInstancesOfferings).to.deep.equal([]);
    const ReservedDBInstancesOfferingId = "438012d3-4052-4cc7-b2e3-8d3372e0e706";
    const purchase = aws.rds.send(new PurchaseReservedDBInstancesOfferingCommand({ ReservedDBInstancesOfferingId }));
    expect(await refused(purchase)).to.equal("ReservedDBInstancesOfferingNotFoundFault 404");
    expect((await aws.rds.send(new DescribeDBRecommendationsCommand({}))).DBRecommendations).to.deep.equal([]);
  });
});
