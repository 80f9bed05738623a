import type { ResourceType } from "@aws-sdk/client-ec2";
import { z } from "zod";

/** The schemas that the OpenAPI document lists by name. */
export const components = z.registry<{ id: string }>();

export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  components.add(schema, { id });
  return schema;
}

/** A time in UTC, ISO 8601. */
export const dateTime = z.string().meta({ format: "date-time", examples: ["2026-03-01T09:30:00.000Z"] });

export function isoTime(date: Date | undefined): string | null {
  return date?.toISOString() ?? null;
}

export const regionName = z
  .string()
  .regex(/^[a-z]+(?:-[a-z]+)+-\d+$/, "is no region: write one such as us-east-1")
  .meta({ examples: ["us-east-1"] });

/** Tags as an object: `{"Name": "web"}`. */
export const tagsSchema = z.record(z.string(), z.string()).describe("Tags by their key.");

interface AwsTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

export function fromTags(tags: readonly AwsTag[] | undefined): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

export function toTags(tags: Readonly<Record<string, string>>): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** For an operation of EC2 that makes something: its tags, and its name, which is one of them. */
export function tagSpecifications(
  ResourceType: ResourceType,
  { name, tags }: { readonly name?: string | undefined; readonly tags?: Readonly<Record<string, string>> | undefined },
) {
  const Tags = toTags({ ...tags, ...(name !== undefined && { Name: name }) });
  return Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType, Tags }] };
}

/** The query of a list. The bounds are the operation's own: AWS's smallest page is not always one. */
export function pageQuery(smallest: number, largest: number) {
  return z.strictObject({
    limit: z.coerce.number().int().min(smallest).max(largest).default(largest).describe("How many to list at most."),
    next_token: z.string().optional().describe("What the page before gave as `next_token`."),
  });
}

export const nextToken = z.string().nullable().describe("Asks for the next page; null when there is none.");
