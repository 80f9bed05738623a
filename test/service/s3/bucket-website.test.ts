import {
  DeleteBucketWebsiteCommand,
  GetBucketWebsiteCommand,
  type Protocol,
  PutBucketWebsiteCommand,
  type WebsiteConfiguration,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal, refusalCode } from "./s3-support.ts";

describe("s3 PutBucketWebsite", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const putWebsite = (Bucket: string, website: WebsiteConfiguration) =>
    aws.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: website }));

  const IndexDocument = { Suffix: "index.html" };
  const websites: [what: string, website: WebsiteConfiguration][] = [
    ["a redirection of everything", { RedirectAllRequestsTo: { HostName: "example.com", Protocol: "https" } }],
    [
      "documents and routing rules",
      {
        IndexDocument,
        ErrorDocument: { Key: "error.html" },
        RoutingRules: [
          { Condition: { KeyPrefixEquals: "docs/" }, Redirect: { ReplaceKeyPrefixWith: "documents/" } },
          {
            Condition: { HttpErrorCodeReturnedEquals: "404" },
            Redirect: { ReplaceKeyWith: "", HttpRedirectCode: "302" },
          },
        ],
      },
    ],
  ];
  for (const [what, website] of websites) {
    it(`gives ${what} back as put, until it is deleted`, async () => {
      const Bucket = await newBucket(aws);
      await putWebsite(Bucket, website);
      const { $metadata: _, ...read } = await aws.s3.send(new GetBucketWebsiteCommand({ Bucket }));
      expect(read).to.deep.equal(website);
      await aws.s3.send(new DeleteBucketWebsiteCommand({ Bucket }));
      const gone = aws.s3.send(new GetBucketWebsiteCommand({ Bucket }));
      expect(await refusalCode(gone)).to.equal("NoSuchWebsiteConfiguration 404");
    });
  }

  const ftp = "ftp" as Protocol;
  const refusals: [what: string, website: WebsiteConfiguration, code: string, message?: string][] = [
    [
      "no index document",
      {},
      "InvalidArgument",
      "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
    ],
    [
      "an index document with a slash",
      { IndexDocument: { Suffix: "a/index.html" } },
      "InvalidArgument",
      "The IndexDocument Suffix is not well formed",
    ],
    [
      "a redirection of everything beside documents",
      { IndexDocument, RedirectAllRequestsTo: { HostName: "example.com" } },
      "InvalidArgument",
      "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
    ],
    [
      "a redirection of everything to no host",
      { RedirectAllRequestsTo: { HostName: "" } },
      "InvalidRequest",
      'A host name must be provided to redirect all requests (e.g. "example.com").',
    ],
    [
      "an error document without a key",
      { IndexDocument, ErrorDocument: { Key: "" } },
      "InvalidArgument",
      "The ErrorDocument Key is not well formed",
    ],
    ["another protocol", { RedirectAllRequestsTo: { HostName: "example.com", Protocol: ftp } }, "InvalidRequest"],
    [
      "a rule with two replacements",
      { IndexDocument, RoutingRules: [{ Redirect: { ReplaceKeyWith: "a", ReplaceKeyPrefixWith: "b" } }] },
      "InvalidRequest",
      "You can only define ReplaceKeyPrefix or ReplaceKey but not both.",
    ],
    [
      "a redirect code of another class",
      { IndexDocument, RoutingRules: [{ Redirect: { HostName: "example.com", HttpRedirectCode: "200" } }] },
      "InvalidRequest",
      "The provided HTTP redirect code (200) is not valid. Valid codes are 3XX except 300.",
    ],
  ];
  for (const [what, website, code, message] of refusals) {
    it(`rejects ${what} with ${code}`, async () => {
      const refused = await refusal(putWebsite(await newBucket(aws), website));
      expect(refused).to.deep.include({ code, status: 400, ...(message === undefined ? {} : { message }) });
    });
  }
});
