import type * as Rds from "@aws-sdk/client-rds";
import type { EventSubscription, SourceType } from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { RdsResourceKind } from "../../db/rds-tables.ts";
import type { Context } from "../service-context.ts";
import { withoutBlanks } from "./blanks.ts";
import { findRow } from "./db-instance-rows.ts";
import { listProxies } from "./db-proxy-rows.ts";
import {
  eventSubscriptionQuotaExceeded,
  invalidParameterCombination,
  invalidParameterValue,
  snsInvalidTopic,
  sourceNotFound,
  subscriptionAlreadyExist,
  subscriptionCategoryNotFound,
  subscriptionNotFound,
} from "./errors.ts";
import { eventSources } from "./event-catalogue.ts";
import { requireSourceType } from "./events.ts";
import {
  arnOfNamed,
  deleteNamed,
  findNamed,
  insertNamed,
  listNamed,
  type NamedFamily,
  updateNamed,
} from "./named-resources.ts";
import { page } from "./pages.ts";
import { quotas } from "./quotas.ts";

interface SubscriptionDocument {
  readonly name: string;
  readonly topicArn: string;
  readonly sourceType?: SourceType | undefined;
  readonly sourceIds: readonly string[];
  readonly categories: readonly string[];
  readonly enabled: boolean;
  /** ISO 8601. */
  readonly created: string;
}

const family: NamedFamily<SubscriptionDocument> = {
  kind: "es",
  notFound: subscriptionNotFound,
  alreadyExists: subscriptionAlreadyExist,
  quota: { most: quotas.EventSubscriptions, exceeded: eventSubscriptionQuotaExceeded },
};

export const eventSubscriptions = {
  async CreateEventSubscription(ctx, request) {
    const input = withoutBlanks(request);
    const { SourceIds = [], EventCategories = [], Enabled: enabled = true } = input;
    const name = requireName(input.SubscriptionName ?? "");
    const topicArn = requireTopic(input.SnsTopicArn ?? "");
    const sourceType = input.SourceType === undefined ? undefined : requireSourceType(input.SourceType);
    requireCategories(sourceType, EventCategories);
    if (SourceIds.length > 0 && sourceType === undefined) {
      throw invalidParameterCombination("If SourceType is null, SourceId must also be null.");
    }
    for (const id of SourceIds) await requireSource(ctx, sourceType, id);
    const subscription: SubscriptionDocument = {
      ...{ name, topicArn, sourceType, enabled, created: ctx.now().toISOString() },
      sourceIds: [...new Set(SourceIds)],
      categories: [...new Set(EventCategories)],
    };
    await insertNamed(ctx, family, name.toLowerCase(), subscription, input.Tags);
    return { EventSubscription: toSubscription(ctx, subscription, "creating") };
  },

  async DescribeEventSubscriptions(ctx, input) {
    const all = input.SubscriptionName
      ? [await requireSubscription(ctx, input.SubscriptionName)]
      : (await listNamed(ctx, family)).map(({ document }) => document);
    const { items, marker } = page(all, { ...input, kind: "event-subscriptions" }, ({ name }) => name.toLowerCase());
    return { EventSubscriptionsList: items.map((one) => toSubscription(ctx, one)), Marker: marker };
  },

  async ModifyEventSubscription(ctx, request) {
    const input = withoutBlanks(request);
    const before = await requireSubscription(ctx, input.SubscriptionName);
    const topicArn = input.SnsTopicArn === undefined ? before.topicArn : requireTopic(input.SnsTopicArn);
    const sourceType = input.SourceType === undefined ? before.sourceType : requireSourceType(input.SourceType);
    if (sourceType !== before.sourceType && before.sourceIds.length > 0) {
      throw invalidParameterCombination("The source type of a subscription to certain sources can't be modified.");
    }
    const categories = input.EventCategories ?? before.categories;
    requireCategories(sourceType, categories);
    const changed = {
      ...{ ...before, topicArn, sourceType, enabled: input.Enabled ?? before.enabled },
      categories: [...new Set(categories)],
    };
    await updateNamed(ctx, family, before.name, changed);
    return { EventSubscription: toSubscription(ctx, changed, "modifying") };
  },

  async AddSourceIdentifierToSubscription(ctx, input) {
    const before = await requireSubscription(ctx, input.SubscriptionName);
    const id = input.SourceIdentifier ?? "";
    if (before.sourceType === undefined) {
      throw invalidParameterCombination("The subscription has no source type: it is to the events of all sources.");
    }
    await requireSource(ctx, before.sourceType, id);
    const changed = { ...before, sourceIds: [...new Set([...before.sourceIds, id])] };
    await updateNamed(ctx, family, before.name, changed);
    return { EventSubscription: toSubscription(ctx, changed, "modifying") };
  },

  async RemoveSourceIdentifierFromSubscription(ctx, input) {
    const before = await requireSubscription(ctx, input.SubscriptionName);
    const id = input.SourceIdentifier ?? "";
    if (!before.sourceIds.includes(id)) throw sourceNotFound(id);
    const changed = { ...before, sourceIds: before.sourceIds.filter((other) => other !== id) };
    await updateNamed(ctx, family, before.name, changed);
    return { EventSubscription: toSubscription(ctx, changed, "modifying") };
  },

  async DeleteEventSubscription(ctx, input) {
    const subscription = await requireSubscription(ctx, input.SubscriptionName);
    await deleteNamed(ctx, family, subscription.name);
    return { EventSubscription: toSubscription(ctx, subscription, "deleting") };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireSubscription(ctx: Context, name = ""): Promise<SubscriptionDocument> {
  const found = await findNamed(ctx, family, name);
  if (found === undefined) throw subscriptionNotFound(name);
  return found;
}

function requireName(name: string): string {
  if (/^[a-z](?:-?[a-z0-9])*$/i.test(name) && name.length < 255) return name;
  throw invalidParameterValue(
    "Subscription name must begin with a letter, contain only letters, digits and hyphens, not end with a hyphen or " +
      "contain two in a row, and be shorter than 255 characters.",
  );
}

/** Nothing here sends, so a topic is not looked up. RDS takes no FIFO topics. */
function requireTopic(arn: string): string {
  if (/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/.test(arn)) return arn;
  throw snsInvalidTopic(arn);
}

function requireCategories(sourceType: SourceType | undefined, categories: readonly string[]): void {
  const sources = sourceType === undefined ? Object.values(eventSources) : [eventSources[sourceType]];
  const known = sources.flatMap((source) => source?.categories ?? []);
  const wrong = categories.find((category) => !known.includes(category));
  if (wrong !== undefined) throw subscriptionCategoryNotFound(wrong, sourceType);
}

/** @throws SourceNotFound */
async function requireSource(ctx: Context, type: SourceType | undefined, name: string): Promise<void> {
  // A kind that is not kept by its name alone finds nothing.
  const kind = eventSources[type ?? "db-instance"]?.arnKind as RdsResourceKind;
  const named = ctx.db
    .selectFrom("rds_resources")
    .select("name")
    .where("account_id", "=", ctx.accountId)
    .where("region", "=", ctx.region)
    .where("kind", "=", kind)
    .where("name", "=", name.toLowerCase());
  const isProxy = async () => (await listProxies(ctx)).find((proxy) => proxy.name === name.toLowerCase());
  const found =
    type === "db-instance"
      ? await findRow(ctx, name)
      : type === "db-proxy"
        ? await isProxy()
        : await named.executeTakeFirst();
  if (found === undefined) throw sourceNotFound(name);
}

function toSubscription(ctx: Context, subscription: SubscriptionDocument, status = "active"): EventSubscription {
  return {
    CustomerAwsId: ctx.accountId,
    CustSubscriptionId: subscription.name,
    SnsTopicArn: subscription.topicArn,
    Status: status,
    SubscriptionCreationTime: status === "active" ? written(subscription.created) : asJavaDate(subscription.created),
    SourceType: subscription.sourceType,
    SourceIdsList: [...subscription.sourceIds],
    EventCategoriesList: [...subscription.categories],
    Enabled: subscription.enabled,
    EventSubscriptionArn: arnOfNamed(ctx, "es", subscription.name.toLowerCase()),
  };
}

/** As lists write it: `2018-07-31 23:22:01.893`. */
function written(time: string): string {
  return time.replace("T", " ").replace("Z", "");
}

/** As answers to changes write it: `Tue Jul 31 23:22:01 UTC 2018`. */
function asJavaDate(time: string): string {
  const [weekday, day, month, year, clock] = new Date(time).toUTCString().split(/,? /);
  return `${weekday} ${month} ${day} ${clock} UTC ${year}`;
}
