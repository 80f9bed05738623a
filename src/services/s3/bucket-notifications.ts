import * as S3 from "@aws-sdk/client-s3";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { requireBucket } from "./bucket-access.ts";
import { invalidArgument } from "./errors.ts";
import { covers, sendTestMessages, type Target, targetsOf } from "./event-notifications.ts";
import { forgetConfiguration } from "./known-configurations.ts";
import { findConfiguration, removeConfiguration, storeConfiguration } from "./stored-configurations.ts";

export const bucketNotifications = {
  async PutBucketNotificationConfiguration(ctx, input) {
    const bucket = await requireBucket(ctx, input);
    const at = { ctx, region: bucket.region };
    const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations, EventBridgeConfiguration } =
      input.NotificationConfiguration ?? {};
    const notification: S3.NotificationConfiguration = {
      ...(TopicConfigurations && {
        TopicConfigurations: TopicConfigurations.map((target) => complete(at, target, target.TopicArn, "sns")),
      }),
      ...(QueueConfigurations && {
        QueueConfigurations: QueueConfigurations.map((target) => complete(at, target, target.QueueArn, "sqs")),
      }),
      ...(LambdaFunctionConfigurations && {
        LambdaFunctionConfigurations: LambdaFunctionConfigurations.map((target) =>
          complete(at, target, target.LambdaFunctionArn, "lambda"),
        ),
      }),
      ...(EventBridgeConfiguration && { EventBridgeConfiguration: {} }),
    };
    refuseSameIds(notification);
    refuseOverlaps(notification);
    if (Object.keys(notification).length === 0) await removeConfiguration(ctx.db, bucket, "Notification");
    else await storeConfiguration(ctx.db, bucket, "Notification", notification);
    forgetConfiguration(ctx, bucket, "Notification");
    if (input.SkipDestinationValidation !== true) await sendTestMessages(ctx, bucket, notification);
    return {};
  },

  async GetBucketNotificationConfiguration(ctx, input) {
    return (await findConfiguration(ctx.db, await requireBucket(ctx, input), "Notification")) ?? {};
  },
} satisfies Operations<typeof S3, Context>;

type Configuration = Target["configuration"];

const argumentNames = { sns: "Topic", sqs: "Queue", lambda: "CloudFunction" } as const;
const events: readonly string[] = Object.values(S3.Event);
const maxIdLength = 255;
const maxValueBytes = 1024;

/**
 * A target as it reads back: with an id, and the names of its filter capitalized. Whether it exists is not looked at.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html
 */
function complete<T extends Configuration>(
  { ctx, region }: { ctx: Context; region: string },
  target: T,
  arn: string | undefined,
  service: keyof typeof argumentNames,
): T {
  if (!new RegExp(`^arn:aws[\\w-]*:${service}:[\\w-]+:\\d{12}:.+$`).test(arn ?? "")) {
    throw invalidArgument("The ARN could not be parsed", argumentNames[service], arn);
  }
  if (service === "sqs" && arn?.endsWith(".fifo")) {
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    throw invalidArgument("FIFO SQS queues are not supported.", argumentNames[service], arn);
  }
  if (arn?.split(":")[3] !== region) {
    // https://github.com/cloud-custodian/cloud-custodian/issues/1720
    const message = "The notification destination service region is not valid for the bucket location constraint";
    throw invalidArgument(message, argumentNames[service], arn);
  }
  for (const event of target.Events ?? []) {
    if (!events.includes(event)) throw invalidArgument("The event is not supported for notifications", "Event", event);
  }
  if ((target.Id?.length ?? 0) > maxIdLength) {
    throw invalidArgument(`ID length should not exceed allowed limit of ${maxIdLength}`, "Id", target.Id);
  }
  const rules = target.Filter?.Key?.FilterRules?.map(completeRule);
  refuseTwoOfAName(rules ?? []);
  return {
    ...target,
    Id: target.Id || ctx.randomBytes(36).toString("base64"),
    ...(rules && { Filter: { Key: { FilterRules: rules } } }),
  };
}

function completeRule({ Name, Value }: S3.FilterRule): S3.FilterRule {
  const name = Name?.toLowerCase();
  if (name !== "prefix" && name !== "suffix") {
    throw invalidArgument("filter rule name must be either prefix or suffix", "FilterRule.Name", Name);
  }
  if (Value === undefined) throw invalidArgument("filter rule value cannot be empty", "FilterRule.Value", "null");
  if (Buffer.byteLength(Value) > maxValueBytes) {
    const message = `Size of filter rule value cannot exceed ${maxValueBytes} bytes in UTF-8 representation`;
    throw invalidArgument(message, "FilterRule.Value", Value);
  }
  // The SDK's enumeration has the names as one puts them; S3 answers with capitals.
  return { Name: (name === "prefix" ? "Prefix" : "Suffix") as S3.FilterRuleName, Value };
}

function refuseTwoOfAName(rules: readonly S3.FilterRule[]): void {
  for (const name of ["Prefix", "Suffix"]) {
    if (rules.filter((rule) => String(rule.Name) === name).length < 2) continue;
    const message = `Cannot specify more than one ${name.toLowerCase()} rule in a filter.`;
    throw invalidArgument(message, "FilterRule.Name", name.toLowerCase());
  }
}

function refuseSameIds(notification: S3.NotificationConfiguration): void {
  const ids = targetsOf(notification).map(({ configuration }) => configuration.Id);
  const twice = ids.find((id, at) => ids.indexOf(id) < at);
  if (twice === undefined) return;
  throw invalidArgument("Same ID used for multiple configurations. IDs must be unique.", "Id", twice);
}

/** No event of an object may go to two targets. */
function refuseOverlaps(notification: S3.NotificationConfiguration): void {
  const targets = targetsOf(notification).map(({ configuration }) => configuration);
  for (const [at, target] of targets.entries()) {
    for (const other of targets.slice(at + 1)) {
      if (!sharesEvent(target, other)) continue;
      const prefixes = [filterValue(target, "Prefix"), filterValue(other, "Prefix")] as const;
      const suffixes = [filterValue(target, "Suffix"), filterValue(other, "Suffix")] as const;
      const prefixesOverlap = prefixes[0].startsWith(prefixes[1]) || prefixes[1].startsWith(prefixes[0]);
      const suffixesOverlap = suffixes[0].endsWith(suffixes[1]) || suffixes[1].endsWith(suffixes[0]);
      if (!prefixesOverlap || !suffixesOverlap) continue;
      const filtered = [...prefixes, ...suffixes].some((value) => value !== "");
      throw invalidArgument(
        filtered
          ? "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type."
          : "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
        "",
        "",
      );
    }
  }
}

function filterValue(target: Configuration, name: string): string {
  return target.Filter?.Key?.FilterRules?.find((rule) => String(rule.Name) === name)?.Value ?? "";
}

function sharesEvent({ Events = [] }: Configuration, other: Configuration): boolean {
  return Events.some((event) => (other.Events ?? []).some((one) => covers(event, one) || covers(one, event)));
}
