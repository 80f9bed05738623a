import {
  type AccelerateConfiguration,
  type BucketLogsPermission,
  CreateBucketCommand,
  DeleteBucketOwnershipControlsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketLoggingCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketRequestPaymentCommand,
  GetPublicAccessBlockCommand,
  type ObjectOwnership,
  type Payer,
  PutBucketAccelerateConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketRequestPaymentCommand,
  PutPublicAccessBlockCommand,
  type TargetGrant,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, put, rawRequest, refusal, refusalCode, uniqueName, xmlElement } from "./s3-support.ts";

describe("s3 bucket settings", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  describe("s3 PutPublicAccessBlock", () => {
    it("stores what is blocked; what is not named is not", async () => {
      const Bucket = await newBucket(aws);
      const PublicAccessBlockConfiguration = { BlockPublicAcls: true, RestrictPublicBuckets: false };
      await aws.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
      const read = await aws.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      expect(read.PublicAccessBlockConfiguration).to.deep.equal({
        BlockPublicAcls: true,
        IgnorePublicAcls: false,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: false,
      });
    });

    it("is undone by DeletePublicAccessBlock, after which there is none", async () => {
      const Bucket = await newBucket(aws);
      const { $metadata } = await aws.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
      expect($metadata.httpStatusCode).to.equal(204);
      const refused = await refusal(aws.s3.send(new GetPublicAccessBlockCommand({ Bucket })));
      expect(refused).to.deep.include({
        code: "NoSuchPublicAccessBlockConfiguration",
        status: 404,
        message: "The public access block configuration was not found",
      });
    });
  });

  describe("s3 PutBucketOwnershipControls", () => {
    function own(Bucket: string, ObjectOwnership: ObjectOwnership) {
      return aws.s3.send(
        new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules: [{ ObjectOwnership }] } }),
      );
    }

    it("stores the ownership, until it is deleted", async () => {
      const Bucket = await newBucket(aws);
      await own(Bucket, "BucketOwnerPreferred");
      const read = await aws.s3.send(new GetBucketOwnershipControlsCommand({ Bucket }));
      expect(read.OwnershipControls).to.deep.equal({ Rules: [{ ObjectOwnership: "BucketOwnerPreferred" }] });
      await aws.s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
      const gone = await refusal(aws.s3.send(new GetBucketOwnershipControlsCommand({ Bucket })));
      expect(gone).to.deep.include({
        code: "OwnershipControlsNotFoundError",
        status: 404,
        message: "The bucket ownership controls were not found",
      });
    });

    it("rejects an unknown ownership with MalformedXML", async () => {
      expect(await refusalCode(own(await newBucket(aws), "Nobody" as ObjectOwnership))).to.equal("MalformedXML 400");
    });
  });

  describe("s3 PutBucketRequestPayment", () => {
    function pay(Bucket: string, payer: Payer) {
      return aws.s3.send(new PutBucketRequestPaymentCommand({ Bucket, RequestPaymentConfiguration: { Payer: payer } }));
    }

    it("stores who pays", async () => {
      const Bucket = await newBucket(aws);
      for (const payer of ["Requester", "BucketOwner"] as const) {
        await pay(Bucket, payer);
        expect((await aws.s3.send(new GetBucketRequestPaymentCommand({ Bucket }))).Payer).to.equal(payer);
      }
    });

    it("rejects another payer with MalformedXML", async () => {
      expect(await refusalCode(pay(await newBucket(aws), "Nobody" as Payer))).to.equal("MalformedXML 400");
    });
  });

  describe("s3 PutBucketAccelerateConfiguration", () => {
    function accelerate(Bucket: string, Status: "Enabled" | "Suspended") {
      return aws.s3.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration: { Status } }));
    }

    it("stores the status, which a bucket has not before one is put", async () => {
      const Bucket = await newBucket(aws);
      const read = async () => (await aws.s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status;
      expect(await read()).to.equal(undefined);
      for (const status of ["Suspended", "Enabled", "Suspended"] as const) {
        await accelerate(Bucket, status);
        expect(await read()).to.equal(status);
      }
    });

    it("opens the accelerated endpoint of a bucket, until it is suspended", async () => {
      const Bucket = await newBucket(aws);
      await put(aws, Bucket, "key");
      const read = async (host: string) => {
        const answer = await rawRequest(aws, { method: "GET", path: "/key", headers: { host } });
        return [answer.status, xmlElement(answer.text, "Message") ?? answer.text];
      };
      const host = `${Bucket}.s3-accelerate.amazonaws.com`;
      expect(await read(host)).to.deep.equal([400, "S3 Transfer Acceleration is not configured on this bucket"]);
      await accelerate(Bucket, "Enabled");
      expect(await read(host)).to.deep.equal([200, "key"]);
      expect(await read(`${Bucket}.s3-accelerate.dualstack.amazonaws.com`)).to.deep.equal([200, "key"]);
      await accelerate(Bucket, "Suspended");
      expect(await read(host)).to.deep.equal([400, "S3 Transfer Acceleration is disabled on this bucket"]);
      expect(await read(`${Bucket}.s3.amazonaws.com`)).to.deep.equal([200, "key"]);
    });

    it("rejects no status with IllegalAccelerateConfigurationException, and unknown ones with MalformedXML", async () => {
      const Bucket = await newBucket(aws);
      const refused = (AccelerateConfiguration: AccelerateConfiguration) =>
        refusalCode(aws.s3.send(new PutBucketAccelerateConfigurationCommand({ Bucket, AccelerateConfiguration })));
      expect(await refused({})).to.equal("IllegalAccelerateConfigurationException 400");
      expect(await refused({ Status: "enabled" as never })).to.equal("MalformedXML 400");
    });

    it("rejects a bucket with a period in its name with InvalidRequest", async () => {
      const Bucket = `${uniqueName()}.example`;
      await aws.s3.send(new CreateBucketCommand({ Bucket }));
      expect(await refusalCode(accelerate(Bucket, "Enabled"))).to.equal("InvalidRequest 400");
    });

    it("rejects another status with MalformedXML", async () => {
      const call = accelerate(await newBucket(aws), "Fast" as "Enabled");
      expect(await refusalCode(call)).to.equal("MalformedXML 400");
    });
  });

  describe("s3 PutBucketLogging", () => {
    it("stores where the logs go, until an empty document turns them off", async () => {
      const Bucket = await newBucket(aws);
      const LoggingEnabled = {
        TargetBucket: await newBucket(aws),
        TargetPrefix: "",
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: "EventTime" } },
      } as const;
      await aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
      const read = await aws.s3.send(new GetBucketLoggingCommand({ Bucket }));
      expect(read.LoggingEnabled).to.deep.equal(LoggingEnabled);
      await aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: {} }));
      expect((await aws.s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled).to.equal(undefined);
    });

    it("rejects keys of no form, or of both, with MalformedXML", async () => {
      const Bucket = await newBucket(aws);
      const EventTime = { PartitionDateSource: "EventTime" } as const;
      for (const TargetObjectKeyFormat of [
        {},
        { SimplePrefix: {}, PartitionedPrefix: EventTime },
        { PartitionedPrefix: { PartitionDateSource: "Yesterday" as "EventTime" } },
      ]) {
        const LoggingEnabled = { TargetBucket: Bucket, TargetPrefix: "", TargetObjectKeyFormat };
        const call = new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } });
        expect(await refusalCode(aws.s3.send(call))).to.equal("MalformedXML 400");
      }
    });

    it("rejects a target that is not there with InvalidTargetBucketForLogging", async () => {
      const Bucket = await newBucket(aws);
      const LoggingEnabled = { TargetBucket: uniqueName(), TargetPrefix: "logs/" };
      const refused = await refusal(
        aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } })),
      );
      expect(refused).to.deep.include({
        code: "InvalidTargetBucketForLogging",
        status: 400,
        message: "The target bucket for logging does not exist",
      });
      expect(refused.members).to.deep.include({ TargetBucket: LoggingEnabled.TargetBucket });
    });

    describe("with grants", () => {
      const Grantee = { Type: "Group", URI: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers" } as const;
      const log = async (TargetBucket: string, grant: TargetGrant) => {
        const LoggingEnabled = { TargetBucket, TargetPrefix: "", TargetGrants: [grant] };
        const Bucket = await newBucket(aws);
        await aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
        return (await aws.s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled;
      };
      const targetWithAcls = async () => {
        const Bucket = uniqueName();
        await aws.s3.send(new CreateBucketCommand({ Bucket, ObjectOwnership: "ObjectWriter" }));
        return Bucket;
      };

      it("stores them for a target whose ACLs are enabled", async () => {
        const TargetBucket = await targetWithAcls();
        const TargetGrants = [{ Grantee, Permission: "READ" as const }];
        const stored = await log(TargetBucket, { Grantee, Permission: "READ" });
        expect(stored).to.deep.equal({ TargetBucket, TargetPrefix: "", TargetGrants });
      });

      it("rejects them with AccessControlListNotSupported where ACLs are disabled", async () => {
        const refused = await refusal(log(await newBucket(aws), { Grantee, Permission: "READ" }));
        expect(refused).to.deep.include({
          code: "AccessControlListNotSupported",
          status: 400,
          message: "Target grants not allowed for bucket owner enforced buckets",
        });
      });

      it("rejects a grantee by e-mail address with MethodNotAllowed, and no such permission with MalformedXML", async () => {
        const TargetBucket = await targetWithAcls();
        const byEmail = { Type: "AmazonCustomerByEmail", EmailAddress: "me@example.com" } as const;
        expect(await refusalCode(log(TargetBucket, { Grantee: byEmail, Permission: "READ" }))).to.equal(
          "MethodNotAllowed 405",
        );
        const other = { Grantee, Permission: "DELETE" as BucketLogsPermission };
        expect(await refusalCode(log(TargetBucket, other))).to.equal("MalformedXML 400");
      });
    });

    it("rejects a target in another region with CrossLocationLoggingProhibitted", async () => {
      const TargetBucket = uniqueName();
      const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
      await aws.s3.send(new CreateBucketCommand({ Bucket: TargetBucket, CreateBucketConfiguration }));
      const LoggingEnabled = { TargetBucket, TargetPrefix: "" };
      const Bucket = await newBucket(aws);
      const call = aws.s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus: { LoggingEnabled } }));
      expect(await refusalCode(call)).to.equal("CrossLocationLoggingProhibitted 403");
    });
  });
});
