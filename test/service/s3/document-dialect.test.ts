import { GetPublicAccessBlockCommand } from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, rawRequest, xmlElement } from "./s3-support.ts";

/** https://github.com/radkawar/stackd , testdata/aws/s3/access_raw_replay.json and logging_raw_replay.json */
describe("s3 documents", () => {
  let aws: TestServer;
  let Bucket: string;
  before(async () => {
    aws = await startLocalAws();
    Bucket = await newBucket(aws);
  });
  after(() => aws.stop());

  const send = async (query: string, body: string, headers: Record<string, string> = {}) => {
    const { status, text } = await rawRequest(aws, { method: "PUT", path: `/${Bucket}?${query}`, body, headers });
    return status < 300 ? "taken" : `${xmlElement(text, "Code")} ${status}`;
  };

  it("may have a root element of any name, but for those of some reports", async () => {
    expect(await send("logging", "<Wrong/>")).to.equal("taken");
    expect(await send("versioning", "<Wrong><Status>Enabled</Status></Wrong>")).to.equal("taken");
    expect(await send("metrics&id=a", "<Wrong><Id>a</Id></Wrong>")).to.equal("MalformedXML 400");
    expect(await send("metrics&id=a", "<MetricsConfiguration><Id>a</Id></MetricsConfiguration>")).to.equal("taken");
  });

  for (const [text, value] of Object.entries({ TRUE: true, 1: true, " true ": true, yes: false, "": false })) {
    it(`mean ${value} by the boolean "${text}"`, async () => {
      const flags = `<BlockPublicAcls>${text}</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>`;
      const body = `<PublicAccessBlockConfiguration>${flags}</PublicAccessBlockConfiguration>`;
      expect(await send("publicAccessBlock", body)).to.equal("taken");
      const { PublicAccessBlockConfiguration } = await aws.s3.send(new GetPublicAccessBlockCommand({ Bucket }));
      expect(PublicAccessBlockConfiguration).to.include({ BlockPublicAcls: value, IgnorePublicAcls: true });
    });
  }

  it("have a proper boolean where inventories are turned on", async () => {
    const inventory = (flag: string) =>
      `<InventoryConfiguration><Id>a</Id><IsEnabled>${flag}</IsEnabled><IncludedObjectVersions>All</IncludedObjectVersions><Schedule><Frequency>Daily</Frequency></Schedule><Destination><S3BucketDestination><Bucket>arn:aws:s3:::${Bucket}</Bucket><Format>CSV</Format></S3BucketDestination></Destination></InventoryConfiguration>`;
    expect(await send("id=a&inventory", inventory("TRUE"))).to.equal("MalformedXML 400");
    expect(await send("id=a&inventory", inventory("1"))).to.equal("taken");
  });

  it("are refused with the name of a checksum and none", async () => {
    const named = { "x-amz-sdk-checksum-algorithm": "SHA256" };
    expect(await send("logging", "<BucketLoggingStatus/>", named)).to.equal("InvalidRequest 400");
    expect(await send("logging", "<BucketLoggingStatus/>")).to.equal("taken");
  });
});
