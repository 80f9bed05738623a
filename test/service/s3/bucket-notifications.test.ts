import {
  type Event,
  type FilterRuleName,
  GetBucketNotificationConfigurationCommand,
  type NotificationConfiguration,
  PutBucketNotificationConfigurationCommand,
  type QueueConfiguration,
} from "@aws-sdk/client-s3";
import { expect } from "chai";
import { startLocalAws, type TestServer } from "../../support/server.ts";
import { newBucket, refusal } from "./s3-support.ts";

describe("s3 PutBucketNotificationConfiguration", () => {
  let aws: TestServer;
  before(async () => {
    aws = await startLocalAws();
  });
  after(() => aws.stop());

  const notify = (Bucket: string, configuration: NotificationConfiguration) =>
    aws.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: configuration }));

  async function read(Bucket: string): Promise<NotificationConfiguration> {
    const { $metadata: _, ...read } = await aws.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }));
    return read;
  }

  const QueueArn = "arn:aws:sqs:us-east-1:000000000000:queue";
  const queue: QueueConfiguration = { QueueArn, Events: ["s3:ObjectCreated:*"] };

  function filtered(prefix: string, suffix: string): QueueConfiguration {
    const FilterRules = [
      { Name: "prefix" as const, Value: prefix },
      { Name: "suffix" as const, Value: suffix },
    ];
    return { ...queue, Filter: { Key: { FilterRules } } };
  }

  it("stores targets of every kind, with the names of filters capitalized, until an empty document removes them", async () => {
    const Bucket = await newBucket(aws);
    const configuration = {
      TopicConfigurations: [
        { Id: "topic", TopicArn: "arn:aws:sns:us-east-1:000000000000:topic", Events: ["s3:ObjectRemoved:Delete"] },
      ],
      LambdaFunctionConfigurations: [
        {
          Id: "function",
          LambdaFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
          Events: ["s3:ObjectTagging:*", "s3:ObjectAcl:Put"],
        },
      ],
      EventBridgeConfiguration: {},
    } satisfies NotificationConfiguration;
    await notify(Bucket, { ...configuration, QueueConfigurations: [{ ...filtered("in/", ".jpg"), Id: "queue" }] });
    const stored = await read(Bucket);
    expect(stored).to.deep.include(configuration);
    expect(stored.QueueConfigurations?.[0]?.Filter?.Key?.FilterRules).to.deep.equal([
      { Name: "Prefix", Value: "in/" },
      { Name: "Suffix", Value: ".jpg" },
    ]);
    await notify(Bucket, {});
    expect(await read(Bucket)).to.deep.equal({});
  });

  it("gives a target without an id one", async () => {
    const Bucket = await newBucket(aws);
    await notify(Bucket, { QueueConfigurations: [queue] });
    expect((await read(Bucket)).QueueConfigurations?.[0]?.Id).to.have.length(48);
  });

  it("takes two targets of the same event whose filters do not overlap", async () => {
    const Bucket = await newBucket(aws);
    await notify(Bucket, { QueueConfigurations: [filtered("a/", ".jpg"), filtered("a/", ".png"), filtered("b/", "")] });
    expect((await read(Bucket)).QueueConfigurations).to.have.length(3);
  });

  const refusals: [what: string, configurations: QueueConfiguration[], message: string][] = [
    [
      "an ARN of another service",
      [{ ...queue, QueueArn: "arn:aws:sns:us-east-1:000000000000:t" }],
      "The ARN could not be parsed",
    ],
    [
      "an unknown event",
      [{ ...queue, Events: ["s3:ObjectEaten" as Event] }],
      "The event is not supported for notifications",
    ],
    [
      "a queue of another region",
      [{ ...queue, QueueArn: "arn:aws:sqs:eu-west-1:000000000000:queue" }],
      "The notification destination service region is not valid for the bucket location constraint",
    ],
    [
      "a FIFO queue",
      [{ ...queue, QueueArn: "arn:aws:sqs:us-east-1:000000000000:queue.fifo" }],
      "FIFO SQS queues are not supported.",
    ],
    [
      "a filter by something else",
      [{ ...queue, Filter: { Key: { FilterRules: [{ Name: "infix" as FilterRuleName, Value: "x" }] } } }],
      "filter rule name must be either prefix or suffix",
    ],
    [
      "two prefixes in one filter",
      [
        {
          ...queue,
          Filter: {
            Key: {
              FilterRules: [
                { Name: "prefix", Value: "a" },
                { Name: "prefix", Value: "b" },
              ],
            },
          },
        },
      ],
      "Cannot specify more than one prefix rule in a filter.",
    ],
    [
      "a filter that is longer than a key",
      [filtered("ü".repeat(513), "")],
      "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
    ],
    [
      "two targets of one id",
      [
        { ...filtered("a", ""), Id: "one" },
        { ...filtered("b", ""), Id: "one" },
      ],
      "Same ID used for multiple configurations. IDs must be unique.",
    ],
    [
      "an id of more than 255 characters",
      [{ ...queue, Id: "i".repeat(256) }],
      "ID length should not exceed allowed limit of 255",
    ],
    [
      "two targets of one event",
      [queue, { ...queue, Events: ["s3:ObjectCreated:Put"] }],
      "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
    ],
    [
      "overlapping filters of one event",
      [filtered("a", ".jpg"), filtered("a/b", "")],
      "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.",
    ],
  ];
  for (const [what, QueueConfigurations, message] of refusals) {
    it(`rejects ${what} with InvalidArgument`, async () => {
      const Bucket = await newBucket(aws);
      const refused = await refusal(notify(Bucket, { QueueConfigurations }));
      expect(refused).to.deep.include({ code: "InvalidArgument", status: 400, message });
      expect(await read(Bucket)).to.deep.equal({});
    });
  }
});
