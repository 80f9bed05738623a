import {
  DeleteBucketLifecycleCommand,
  type ExpirationStatus,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type TransitionDefaultMinimumObjectSize,
  type TransitionStorageClass,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal, refusalCode } from "./s3-support.ts";

describe("s3 PutBucketLifecycleConfiguration", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  function putRules(Bucket: string, Rules: LifecycleRule[], size?: TransitionDefaultMinimumObjectSize) {
    return aws.s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: { Rules },
        ...(size && { TransitionDefaultMinimumObjectSize: size }),
      }),
    );
  }

  const read = (Bucket: string) => aws.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));

  const rules: [what: string, rule: LifecycleRule][] = [
    ["an empty filter", { ID: "a", Status: "Enabled", Filter: {}, Expiration: { Days: 1 } }],
    ["an empty prefix in a filter", { ID: "a", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
    ["a prefix without a filter", { ID: "a", Status: "Disabled", Prefix: "", Expiration: { Days: 1 } }],
    [
      "conditions with sizes of 0",
      {
        ID: "a",
        Status: "Enabled",
        Filter: { And: { Prefix: "logs/", ObjectSizeGreaterThan: 0, Tags: [{ Key: "k", Value: "" }] } },
        Expiration: { Date: new Date("2030-01-01T00:00:00Z") },
      },
    ],
    [
      "a size of 0 alone",
      { ID: "a", Status: "Enabled", Filter: { ObjectSizeGreaterThan: 0 }, Expiration: { Days: 1 } },
    ],
    [
      "a delete marker's expiration",
      { ID: "a", Status: "Enabled", Filter: {}, Expiration: { ExpiredObjectDeleteMarker: true } },
    ],
    [
      "transitions to infrequent access before 30 days, and more than 100 newer versions",
      {
        ...{ ID: "a", Status: "Enabled", Filter: {} },
        Transitions: [
          { Days: 119, StorageClass: "GLACIER" },
          { Days: 29, StorageClass: "STANDARD_IA" },
        ],
        NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "ONEZONE_IA", NewerNoncurrentVersions: 101 }],
      },
    ],
    [
      "every other action",
      {
        ID: "a",
        Status: "Enabled",
        Filter: { Prefix: "x" },
        Transitions: [
          { Days: 30, StorageClass: "STANDARD_IA" },
          { Days: 60, StorageClass: "GLACIER" },
        ],
        NoncurrentVersionExpiration: { NoncurrentDays: 90, NewerNoncurrentVersions: 3 },
        NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: "ONEZONE_IA", NewerNoncurrentVersions: 2 }],
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ],
  ];
  for (const [what, rule] of rules) {
    it(`gives a rule with ${what} back as it was put`, async () => {
      const Bucket = await newBucket(aws);
      await putRules(Bucket, [rule]);
      expect((await read(Bucket)).Rules).to.deep.equal([rule]);
    });
  }

  it("gives a rule without an id one, and says from which size objects move", async () => {
    const Bucket = await newBucket(aws);
    const rule: LifecycleRule = { Status: "Enabled", Filter: {}, Expiration: { Days: 1 } };
    const answer = await putRules(Bucket, [rule, { ...rule, ID: "mine" }]);
    expect(answer.TransitionDefaultMinimumObjectSize).to.equal("all_storage_classes_128K");
    const { Rules: [first, second] = [], ...stored } = await read(Bucket);
    expect(first?.ID).to.have.length(48);
    expect(second?.ID).to.equal("mine");
    expect(stored.TransitionDefaultMinimumObjectSize).to.equal("all_storage_classes_128K");
    await putRules(Bucket, [rule], "varies_by_storage_class");
    expect((await read(Bucket)).TransitionDefaultMinimumObjectSize).to.equal("varies_by_storage_class");
  });

  it("replaces all rules, and DeleteBucketLifecycle removes them", async () => {
    const Bucket = await newBucket(aws);
    const rule: LifecycleRule = { ID: "one", Status: "Enabled", Filter: {}, Expiration: { Days: 1 } };
    await putRules(Bucket, [rule]);
    await putRules(Bucket, [{ ...rule, ID: "two" }]);
    expect((await read(Bucket)).Rules?.map(({ ID }) => ID)).to.deep.equal(["two"]);
    await aws.s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
    expect(await refusalCode(read(Bucket))).to.equal("NoSuchLifecycleConfiguration 404");
  });

  const valid: LifecycleRule = { ID: "a", Status: "Enabled", Filter: { Prefix: "p" }, Expiration: { Days: 10 } };
  const { Filter: _, ...unfiltered } = valid;
  const refusals: [what: string, rules: LifecycleRule[], code: string, message?: string][] = [
    ["no rules", [], "MalformedXML"],
    ["an unknown status", [{ ...valid, Status: "enabled" as ExpirationStatus }], "MalformedXML"],
    ["neither filter nor prefix", [unfiltered], "MalformedXML"],
    ["two conditions without And", [{ ...valid, Filter: { Prefix: "p", ObjectSizeLessThan: 1 } }], "MalformedXML"],
    [
      "objects of fewer than no bytes",
      [{ ...valid, Filter: { ObjectSizeGreaterThan: -1 } }],
      "InvalidRequest",
      "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.",
    ],
    [
      "objects of less than nothing",
      [{ ...valid, Filter: { And: { Prefix: "p", ObjectSizeLessThan: 0 } } }],
      "InvalidRequest",
      "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
    ],
    [
      "sizes that no object has",
      [{ ...valid, Filter: { ObjectSizeGreaterThan: 1_099_511_627_776_001 } }],
      "InvalidRequest",
      "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.",
    ],
    ["an And of one condition", [{ ...valid, Filter: { And: { Prefix: "p" } } }], "MalformedXML"],
    [
      "an id that is too long",
      [{ ...valid, ID: "x".repeat(256) }],
      "InvalidArgument",
      "ID length should not exceed allowed limit of 255",
    ],
    ["an id twice", [valid, valid], "InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule"],
    [
      "no action",
      [{ ID: "a", Status: "Enabled", Filter: {} }],
      "InvalidRequest",
      "At least one action needs to be specified in a rule",
    ],
    [
      "an expiration after no days",
      [{ ...valid, Expiration: { Days: 0 } }],
      "InvalidArgument",
      "'Days' for Expiration action must be a positive integer",
    ],
    [
      "an expiration within a day",
      [{ ...valid, Expiration: { Date: new Date("2030-01-01T01:00:00Z") } }],
      "InvalidArgument",
      "'Date' must be at midnight GMT",
    ],
    [
      "an expiration by days and of delete markers",
      [{ ...valid, Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }],
      "MalformedXML",
    ],
    [
      "a transition after the expiration",
      [{ ...valid, Transitions: [{ Days: 10, StorageClass: "GLACIER" }] }],
      "InvalidArgument",
      "'Days' in the Expiration action for filter '(prefix=p)' must be greater than 'Days' in the Transition action",
    ],
    [
      "an expiration by date with a transition by days",
      [
        {
          ...valid,
          Expiration: { Date: new Date("2030-01-01T00:00:00Z") },
          Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }],
        },
      ],
      "InvalidRequest",
      "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '(prefix=p)'",
    ],
    [
      "transitions by date and by days",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: { Prefix: "p" } },
          Transitions: [
            { Days: 30, StorageClass: "STANDARD_IA" },
            { Date: new Date("2030-01-01T00:00:00Z"), StorageClass: "GLACIER" },
          ],
        },
      ],
      "InvalidRequest",
      "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '(prefix=p)'",
    ],
    [
      "two transitions to one class",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: { Tag: { Key: "k", Value: "v" } } },
          Transitions: [
            { Days: 30, StorageClass: "GLACIER" },
            { Days: 90, StorageClass: "GLACIER" },
          ],
        },
      ],
      "InvalidRequest",
      "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(tag={key=k, value=v})'",
    ],
    [
      "a transition from STANDARD_IA within 30 days",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: { Prefix: "p" } },
          Transitions: [
            { Days: 59, StorageClass: "GLACIER" },
            { Days: 30, StorageClass: "STANDARD_IA" },
          ],
        },
      ],
      "InvalidArgument",
      "'Days' in the 'Transition' action for StorageClass 'GLACIER' for filter '(prefix=p)' must be 30 days more than 'filter '(prefix=p)'' in the 'Transition' action for StorageClass 'STANDARD_IA'",
    ],
    [
      "a transition to a warmer class",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: {} },
          Transitions: [
            { Days: 0, StorageClass: "GLACIER" },
            { Days: 100, StorageClass: "STANDARD_IA" },
          ],
        },
      ],
      "InvalidArgument",
      "'Days' in the 'Transition' action for StorageClass 'GLACIER' for filter '()' must be greater than 'Days' in the 'Transition' action for StorageClass 'STANDARD_IA' for filter '()'",
    ],
    [
      "a transition from ONEZONE_IA by date within 30 days",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: {} },
          Transitions: [
            { Date: new Date("2030-01-01T00:00:00Z"), StorageClass: "ONEZONE_IA" },
            { Date: new Date("2030-01-30T00:00:00Z"), StorageClass: "GLACIER" },
          ],
        },
      ],
      "InvalidArgument",
      "'Date' in the 'Transition' action for StorageClass 'GLACIER' for filter '()' must be 30 days more than 'filter '()'' in the 'Transition' action for StorageClass 'ONEZONE_IA'",
    ],
    [
      "a transition to STANDARD",
      [{ ...valid, Transitions: [{ Days: 1, StorageClass: "STANDARD" as TransitionStorageClass }] }],
      "InvalidArgument",
      "Invalid target Storage class for Transition action",
    ],
    [
      "a transition from GLACIER within 90 days",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: {} },
          Transitions: [
            { Days: 1, StorageClass: "GLACIER" },
            { Days: 90, StorageClass: "DEEP_ARCHIVE" },
          ],
        },
      ],
      "InvalidArgument",
      "'Days' in the 'Transition' action for StorageClass 'DEEP_ARCHIVE' for filter '()' must be 90 days more than 'filter '()'' in the 'Transition' action for StorageClass 'GLACIER'",
    ],
    [
      "a transition on the date of the expiration",
      [
        {
          ...valid,
          Expiration: { Date: new Date("2030-01-01T00:00:00Z") },
          Transitions: [{ Date: new Date("2030-01-01T00:00:00Z"), StorageClass: "GLACIER" }],
        },
      ],
      "InvalidArgument",
      "'Date' in the Expiration action for filter '(prefix=p)' must be greater than 'Date' in the Transition action",
    ],
    [
      "noncurrent versions that expire when they move",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: { And: { Prefix: "p", ObjectSizeLessThan: 9 } } },
          NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "GLACIER" }],
        },
      ],
      "InvalidArgument",
      "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=p and objectsizelessthan=9)' must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
    ],
    [
      "noncurrent versions that move after less than no days",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: {} },
          NoncurrentVersionTransitions: [{ NoncurrentDays: -1, StorageClass: "GLACIER" }],
        },
      ],
      "InvalidArgument",
      "'NoncurrentDays' in NoncurrentVersionTransition action must be nonnegative",
    ],
    [
      "an abort by tags",
      [
        {
          ...{ ID: "a", Status: "Enabled", Filter: { Tag: { Key: "k", Value: "v" } } },
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
      "InvalidRequest",
      "AbortIncompleteMultipartUpload cannot be specified with Tags.",
    ],
    [
      "delete markers by tags",
      [
        {
          ...valid,
          Filter: { Tag: { Key: "k", Value: "v" } },
          Expiration: { ExpiredObjectDeleteMarker: true },
        },
      ],
      "InvalidRequest",
      "ExpiredObjectDeleteMarker cannot be specified with Tags.",
    ],
    ["an abort without days", [{ ...valid, AbortIncompleteMultipartUpload: {} }], "MalformedXML"],
    [
      "no newer versions",
      [{ ...valid, NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 0 } }],
      "InvalidArgument",
      "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be a positive integer",
    ],
    [
      "a filter after a rule of the older form",
      [{ ...unfiltered, ID: "b", Prefix: "" }, valid],
      "InvalidRequest",
      "Filter element can only be used in Lifecycle V2.",
    ],
    ["noncurrent versions without days", [{ ...valid, NoncurrentVersionExpiration: {} }], "MalformedXML"],
    [
      "rules of both forms",
      [valid, { ...unfiltered, ID: "b", Prefix: "" }],
      "InvalidRequest",
      "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    ],
  ];
  for (const [what, Rules, code, message] of refusals) {
    it(`rejects ${what} with ${code}`, async () => {
      const Bucket = await newBucket(aws);
      const refused = await refusal(putRules(Bucket, Rules));
      expect(refused).to.deep.include({ code, status: 400, ...(message === undefined ? {} : { message }) });
      expect(await refusalCode(read(Bucket))).to.equal("NoSuchLifecycleConfiguration 404");
    });
  }
});
