import type * as S3 from "@aws-sdk/client-s3";
import type { Kysely } from "kysely";
import type { Database } from "../../db/database.ts";
import type { Context, ServiceContext } from "../service-context.ts";
import type { Bucket } from "./bucket-access.ts";
import {
  type Cause,
  type EventName,
  eventBridgeMessage,
  notificationMessage,
  type ObjectEvent,
  type Occurrence,
  s3Service,
  testMessage,
} from "./event-messages.ts";
import { knownConfiguration } from "./known-configurations.ts";
import { keepNotifications, type Notification, sendNotifications } from "./notification-outbox.ts";
import { type NewVersion, type ObjectRow, versionOutput } from "./object-rows.ts";
import { customerId } from "./owner.ts";
import { findConfiguration } from "./stored-configurations.ts";

/** A topic, a queue or a function. */
export interface Target {
  readonly arn: string;
  readonly configuration: Pick<S3.QueueConfiguration, "Id" | "Events" | "Filter">;
}

/**
 * Tells of what has been committed whom the bucket's notification configuration names. Never throws: what has happened
 * cannot be undone for it.
 */
export async function notify(
  ctx: ServiceContext,
  bucket: Bucket,
  cause: () => Cause,
  events: readonly ObjectEvent[],
): Promise<void> {
  if (ctx.webhooks.none || events.length === 0) return;
  try {
    const notification = await knownConfiguration(ctx, bucket, "Notification");
    if (notification === undefined) return;
    await sendNotifications(ctx, messagesOfAll(ctx, notification, { bucket, cause: cause(), events }));
  } catch (error) {
    ctx.log.error({ err: error, bucket: bucket.name }, "S3 events could not be sent");
  }
}

/**
 * Keeps what is to be told of a change in the change's own transaction: neither is there without the other, whenever the process
 * ends. Returns what sends it, which is for after the commit.
 */
export async function keepEvents(
  ctx: ServiceContext,
  db: Kysely<Database>,
  { bucket, cause, events }: { bucket: Bucket; cause: () => Cause; events: readonly ObjectEvent[] },
): Promise<() => void> {
  if (ctx.webhooks.none || events.length === 0) return () => {};
  const notification = await findConfiguration(db, bucket, "Notification");
  if (notification === undefined) return () => {};
  return keepNotifications(ctx, db, messagesOfAll(ctx, notification, { bucket, cause: cause(), events }));
}

/** The same for a request's own doing. */
export function keepEventsOfRequest(
  ctx: Context,
  db: Kysely<Database>,
  bucket: Bucket,
  events: readonly ObjectEvent[],
): Promise<() => void> {
  return keepEvents(ctx, db, { bucket, cause: () => requestCause(ctx), events });
}

/** Of what has been committed by a request. */
export function notifyOfRequest(ctx: Context, bucket: Bucket, events: readonly ObjectEvent[]): Promise<void> {
  return notify(ctx, bucket, () => requestCause(ctx), events);
}

/** Of a version that has been written. */
export function createdEvent(
  name: EventName,
  { key, size, etag }: NewVersion,
  { VersionId: versionId }: { readonly VersionId?: string | undefined },
): ObjectEvent {
  return { name, key: key.toString(), size, etag, versionId };
}

/** Of a version that is there. */
export function versionEvent(name: EventName, bucket: Bucket, row: ObjectRow): ObjectEvent {
  const { VersionId: versionId } = versionOutput(bucket, row);
  return { name, key: row.key.toString(), size: row.size, etag: row.etag, versionId };
}

function messagesOfAll(
  ctx: ServiceContext,
  notification: S3.NotificationConfiguration,
  { bucket, cause, events }: { bucket: Bucket; cause: Cause; events: readonly ObjectEvent[] },
): Notification[] {
  return events.flatMap((event) =>
    messagesOf(ctx, notification, { bucket, event, cause, time: ctx.now(), sequencer: nextSequencer(ctx) }),
  );
}

function messagesOf(
  ctx: ServiceContext,
  notification: S3.NotificationConfiguration,
  occurrence: Occurrence,
): Notification[] {
  const { name, key } = occurrence.event;
  const selected = targetsOf(notification).filter(({ configuration }) => selects(configuration, name, key));
  return [
    ...selected.map(({ arn, configuration }) => message(arn, notificationMessage(occurrence, configuration.Id ?? ""))),
    // EventBridge has none of replication.
    ...(notification.EventBridgeConfiguration === undefined || name.startsWith("Replication:")
      ? []
      : [message("eventbridge", eventBridgeMessage(occurrence, newUuid(ctx)))]),
  ];
}

function message(target: string, content: object): Notification {
  return { target, body: JSON.stringify(content) };
}

/** Topics and queues are tried out when a configuration names them; a function is not. */
export async function sendTestMessages(
  ctx: Context,
  bucket: Bucket,
  notification: S3.NotificationConfiguration,
): Promise<void> {
  if (ctx.webhooks.none) return;
  const arns = targetsOf(notification).map(({ arn }) => arn);
  const tried = arns.filter((arn) => arn.split(":")[2] !== "lambda");
  await sendNotifications(
    ctx,
    tried.map((arn) => message(arn, testMessage(bucket.name, ctx.requestId, ctx.now()))),
  );
}

export function targetsOf(notification: S3.NotificationConfiguration): Target[] {
  const { TopicConfigurations = [], QueueConfigurations = [], LambdaFunctionConfigurations = [] } = notification;
  return [
    ...TopicConfigurations.map((configuration) => ({ arn: configuration.TopicArn ?? "", configuration })),
    ...QueueConfigurations.map((configuration) => ({ arn: configuration.QueueArn ?? "", configuration })),
    ...LambdaFunctionConfigurations.map((configuration) => ({
      arn: configuration.LambdaFunctionArn ?? "",
      configuration,
    })),
  ];
}

function selects({ Events = [], Filter }: Target["configuration"], name: string, key: string): boolean {
  if (!Events.some((pattern) => covers(pattern, `s3:${name}`))) return false;
  return (Filter?.Key?.FilterRules ?? []).every(({ Name, Value = "" }) =>
    String(Name) === "Prefix" ? key.startsWith(Value) : key.endsWith(Value),
  );
}

/** `s3:ObjectCreated:*` covers `s3:ObjectCreated:Put`. */
export function covers(pattern: string, event: string): boolean {
  return pattern === event || (pattern.endsWith("*") && event.startsWith(pattern.slice(0, -1)));
}

function requestCause({ requestId, principal, request }: Context): Cause {
  const { type, accountId, userId } = principal;
  const isAnonymous = type === "anonymous";
  return {
    requestId,
    principalId: isAnonymous ? "Anonymous" : type === "account" ? customerId(accountId) : `AWS:${userId}`,
    requester: isAnonymous ? "Anonymous" : accountId,
    sourceIp: request.remoteAddress ?? "127.0.0.1",
  };
}

/** Of what S3 does by itself. */
export function serviceCause(ctx: ServiceContext, principalId = s3Service): Cause {
  const requestId = ctx.randomBytes(8).toString("hex").toUpperCase();
  return { requestId, principalId, requester: s3Service, sourceIp: undefined };
}

let lastTick = 0;

/** Eight digits of seconds and eight of microseconds, which no two events have in common. */
function nextSequencer(ctx: ServiceContext): string {
  lastTick = Math.max(lastTick + 1, ctx.now().getTime() * 1000);
  const digits = [Math.floor(lastTick / 1e6), lastTick % 1e6].map((part) => part.toString(16).padStart(8, "0"));
  return `00${digits.join("")}`.toUpperCase();
}

function newUuid(ctx: ServiceContext): string {
  const bytes = ctx.randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
