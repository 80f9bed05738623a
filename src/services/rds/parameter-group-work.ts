import type {
  DescribeDBParameterGroupsMessage,
  DescribeDBParametersMessage,
  Parameter,
  Tag,
} from "@aws-sdk/client-rds";
import type { Context } from "../service-context.ts";
import { invalidDbParameterGroupState, invalidParameterValue } from "./errors.ts";
import { deleteNamed, insertNamed, listNamed, type NamedFamily, updateNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  changesOf,
  defaultGroup,
  describeParameters,
  newParameterGroup,
  type ParameterChange,
  type ParameterGroupDocument,
  requireGroupName,
  resetsOf,
  withChanges,
  withResets,
} from "./parameter-groups.ts";

interface Family {
  readonly family: NamedFamily<ParameterGroupDocument>;
  /** How pages of groups and of their parameters are called. */
  readonly pages: { readonly groups: string; readonly parameters: string };
  requireGroup(ctx: Context, identifier: string | undefined): Promise<ParameterGroupDocument>;
  requireOwn(ctx: Context, identifier: string | undefined, done: string): Promise<ParameterGroupDocument>;
  /** The names of the groups that instances, or clusters, have. */
  namesInUse(ctx: Context): Promise<readonly string[]>;
  inUse(name: string): string;
  /** Tells those that have the group what changed in it. */
  reconfigure(ctx: Context, name: string, changes: readonly ParameterChange[]): Promise<void>;
}

interface ParametersRequest {
  readonly name: string | undefined;
  readonly parameters: readonly Parameter[] | undefined;
  readonly all?: boolean | undefined;
}

/** What the operations on groups of instances and on those of clusters do, all the same but for who has them. */
export function parameterGroupWork(of: Family) {
  const { family, pages } = of;

  async function change(
    ctx: Context,
    {
      before,
      after,
      requested,
    }: { before: ParameterGroupDocument; after: ParameterGroupDocument; requested: readonly Parameter[] },
  ): Promise<ParameterGroupDocument> {
    await updateNamed(ctx, family, before.name, after);
    const changes = changesOf(before, after, requested);
    if (changes.length > 0) await of.reconfigure(ctx, after.name, changes);
    return after;
  }

  return {
    async create(
      ctx: Context,
      input: Parameters<typeof newParameterGroup>[0] & { readonly tags: readonly Tag[] | undefined },
    ): Promise<ParameterGroupDocument> {
      const group = newParameterGroup(input);
      await insertNamed(ctx, family, group.name, group, input.tags);
      return group;
    },

    async copy(
      ctx: Context,
      input: {
        readonly source: string | undefined;
        readonly parameter: string;
        readonly name: string | undefined;
        readonly description: string | undefined;
        readonly tags: readonly Tag[] | undefined;
      },
    ): Promise<ParameterGroupDocument> {
      const source = await of.requireGroup(ctx, input.source);
      // https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBParameterGroup.html
      if (defaultGroup(source.name) !== undefined) {
        throw invalidParameterValue(`Default parameter groups can't be copied: ${source.name}`);
      }
      const name = requireGroupName(input.parameter, input.name ?? "");
      const copy = { ...source, name, description: input.description ?? source.description };
      await insertNamed(ctx, family, name, copy, input.tags);
      return copy;
    },

    /** Default groups are shown as soon as they are in use. */
    async list(
      ctx: Context,
      name: string | undefined,
      input: Pick<DescribeDBParameterGroupsMessage, "MaxRecords" | "Marker">,
    ): Promise<{ items: ParameterGroupDocument[]; marker: string | undefined }> {
      const defaults = async () => [...new Set(await of.namesInUse(ctx))].flatMap((used) => defaultGroup(used) ?? []);
      const groups = name
        ? [await of.requireGroup(ctx, name)]
        : [...(await defaults()), ...(await listNamed(ctx, family)).map(({ document }) => document)];
      const sorted = groups.sort((a, b) => (a.name < b.name ? -1 : 1));
      return page(sorted, { ...input, kind: pages.groups }, (group) => group.name);
    },

    async modify(
      ctx: Context,
      { name, parameters: requested = [] }: ParametersRequest,
    ): Promise<ParameterGroupDocument> {
      const before = await of.requireOwn(ctx, name, "modified");
      return await change(ctx, { before, after: withChanges(before, requested), requested });
    },

    async reset(ctx: Context, { name, parameters = [], all }: ParametersRequest): Promise<ParameterGroupDocument> {
      const before = await of.requireOwn(ctx, name, "modified");
      const isAll = all === true || parameters.length === 0;
      const after = withResets(before, isAll ? undefined : parameters);
      return await change(ctx, { before, after, requested: isAll ? resetsOf(before) : parameters });
    },

    async remove(ctx: Context, name: string | undefined): Promise<void> {
      const group = await of.requireOwn(ctx, name, "deleted");
      if ((await of.namesInUse(ctx)).includes(group.name)) throw invalidDbParameterGroupState(of.inUse(group.name));
      await deleteNamed(ctx, family, group.name);
    },

    async parametersOf(
      ctx: Context,
      name: string | undefined,
      input: Pick<DescribeDBParametersMessage, "MaxRecords" | "Marker" | "Source">,
    ): Promise<{ Parameters: Parameter[]; Marker: string | undefined }> {
      const all = describeParameters(await of.requireGroup(ctx, name), input.Source);
      const { items, marker } = page(all, { ...input, kind: pages.parameters }, (one) => one.ParameterName ?? "");
      return { Parameters: items, Marker: marker };
    },
  };
}
