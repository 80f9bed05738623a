import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  AddPrefixListEntry,
  ManagedPrefixList,
  ModifyManagedPrefixListRequest,
  PrefixListEntry,
} from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { canonicalIpv4Cidr } from "./cidr.ts";
import { type DescribeInput, describeData } from "./describe.ts";
import {
  dependencyViolation,
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  operationNotPermitted,
} from "./errors.ts";
import { formatIpv6Block, parseIpv6Block } from "./ipv6.ts";
import { insertTagged, makeOnce, tagsForNew } from "./made-once.ts";
import { getPrefixList, prefixLists, prefixListsOfAws, type StoredPrefixList } from "./prefix-lists.ts";
import { required } from "./required.ts";
import { checkIds, completeResources, deleteResources, listResources, updateResource } from "./resource.ts";
import { routeTables } from "./route-tables.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { securityGroupRules } from "./stored-rules.ts";

const maxEntries = 1000;

export const prefixListOperations = {
  async CreateManagedPrefixList(ctx, input) {
    const PrefixListName = required(input.PrefixListName, "prefixListName");
    const MaxEntries = required(input.MaxEntries, "maxEntries");
    const AddressFamily = required(input.AddressFamily, "addressFamily");
    const tags = tagsForNew(input.TagSpecifications, "prefix-list");
    if (/^com\.amazonaws/i.test(PrefixListName)) {
      throw invalidParameterValue("Prefix list names may not start with com.amazonaws.");
    }
    if (AddressFamily !== "IPv4" && AddressFamily !== "IPv6") {
      throw invalidParameterValue(`Value (${AddressFamily}) for parameter addressFamily is invalid.`);
    }
    checkMaximum(MaxEntries);
    const Entries = (input.Entries ?? []).map((entry) => checkEntry(AddressFamily, entry));
    checkEntries(Entries, MaxEntries);
    const list = await makeOnce(ctx, prefixLists, input, async (scope) => {
      if (input.DryRun === true) throw dryRunOperation();
      const PrefixListId = scope.newId("pl");
      const made: StoredPrefixList = {
        PrefixListId,
        PrefixListArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:prefix-list/${PrefixListId}`,
        PrefixListName,
        AddressFamily,
        MaxEntries,
        OwnerId: scope.accountId,
        State: "create-complete",
        Version: 1,
        Entries,
        Versions: { 1: Entries },
      };
      return insertTagged(scope, prefixLists, made, tags);
    });
    return { PrefixList: { ...shown(list), State: "create-in-progress" } };
  },

  async ModifyManagedPrefixList(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    return inTransaction(ctx, async (scope) => {
      const list = await getOwn(scope, id);
      modify(list, input);
      if (input.DryRun === true) throw dryRunOperation();
      await updateResource(scope, prefixLists, list);
      return { PrefixList: { ...shown(list), State: "modify-in-progress" } };
    });
  },

  async RestoreManagedPrefixListVersion(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    const previous = required(input.PreviousVersion, "previousVersion");
    const current = required(input.CurrentVersion, "currentVersion");
    return inTransaction(ctx, async (scope) => {
      const list = await getOwn(scope, id);
      checkVersion(list, current);
      const entries = list.Versions[previous];
      if (entries === undefined) throw invalidParameterValue(`The version ${previous} of ${id} does not exist.`);
      if (input.DryRun === true) throw dryRunOperation();
      addVersion(list, entries);
      list.State = "restore-complete";
      await updateResource(scope, prefixLists, list);
      return { PrefixList: { ...shown(list), State: "restore-in-progress" } };
    });
  },

  async DeleteManagedPrefixList(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    return inTransaction(ctx, async (scope) => {
      const list = await getOwn(scope, id);
      if ((await associationsOf(scope, id)).length > 0) {
        throw dependencyViolation(`The prefix list '${id}' has dependencies and cannot be deleted.`);
      }
      if (input.DryRun === true) throw dryRunOperation();
      await deleteResources(scope, prefixLists, [id]);
      return { PrefixList: { ...shown(list), State: "delete-in-progress" } };
    });
  },

  async DescribeManagedPrefixLists(ctx, input) {
    const page = await findLists(ctx, input, { ids: input.PrefixListIds, most: 100 });
    return { PrefixLists: page.items.map(shown), NextToken: page.nextToken };
  },

  /** Those of AWS's services alone. */
  async DescribePrefixLists(ctx, input) {
    const page = await findLists(ctx, input, {
      ids: input.PrefixListIds,
      most: 1000,
      only: (list) => list.OwnerId === "AWS",
    });
    return {
      PrefixLists: page.items.map((list) => ({
        PrefixListId: list.PrefixListId,
        PrefixListName: list.PrefixListName,
        Cidrs: list.Entries.flatMap(({ Cidr }) => Cidr ?? []),
      })),
      NextToken: page.nextToken,
    };
  },

  async GetManagedPrefixListEntries(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    const list = await getPrefixList(ctx, id);
    const version = input.TargetVersion;
    const entries = version === undefined ? list.Entries : list.Versions[version];
    if (entries === undefined) throw invalidParameterValue(`The version ${version} of ${id} does not exist.`);
    const page = describeData(entries, input, {
      kind: `prefix-list-entries/${id}`,
      keyOf: (entry) => entry.Cidr ?? "",
      limits: { min: 1, max: 100 },
    });
    return { Entries: page.items, NextToken: page.nextToken };
  },

  async GetManagedPrefixListAssociations(ctx, input) {
    const id = required(input.PrefixListId, "prefixListId");
    await getPrefixList(ctx, id);
    const associations = (await associationsOf(ctx, id)).map((ResourceId) => ({
      ResourceId,
      ResourceOwner: ctx.accountId,
    }));
    const page = describeData(associations, input, {
      kind: `prefix-list-associations/${id}`,
      keyOf: (association) => association.ResourceId,
    });
    return { PrefixListAssociations: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function findLists(
  ctx: Context,
  input: DescribeInput,
  options: {
    ids: readonly string[] | undefined;
    /** Lists of one page. */
    most: number;
    only?: (list: StoredPrefixList) => boolean;
  },
) {
  const { ids, only = () => true } = options;
  const matches = compileFilters(input.Filters, prefixLists.filters, (list: StoredPrefixList) => list.Tags);
  const stored = await listResources(ctx, prefixLists);
  await completeResources(ctx, prefixLists, stored);
  const all = [...prefixListsOfAws(ctx.region), ...stored].filter(only);
  checkIds(prefixLists, ids ?? []);
  const missing = (ids ?? []).filter((id) => !all.some((list) => list.PrefixListId === id));
  if (missing.length > 0) throw prefixLists.notFound(missing);
  const wanted = new Set(ids);
  const found = all.filter((list) => (wanted.size === 0 || wanted.has(list.PrefixListId ?? "")) && matches(list));
  return describeData(found, input, {
    kind: "prefix-lists",
    keyOf: (list) => list.PrefixListId ?? "",
    limits: { min: 1, max: options.most },
  });
}

function shown({ Entries: _, Versions: __, ...list }: StoredPrefixList): ManagedPrefixList {
  return list;
}

async function getOwn(scope: Scope, id: string): Promise<StoredPrefixList> {
  const list = await getPrefixList(scope, id);
  if (list.OwnerId !== "AWS") return list;
  throw operationNotPermitted(`The prefix list '${id}' is managed by AWS.`);
}

function modify(list: StoredPrefixList, input: ModifyManagedPrefixListRequest): void {
  const { AddEntries = [], RemoveEntries = [], MaxEntries } = input;
  const changesEntries = AddEntries.length + RemoveEntries.length > 0;
  if (changesEntries && MaxEntries !== undefined) {
    throw invalidParameterCombination(
      "You cannot modify the entries and the maximum entries for the prefix list in the same request.",
    );
  }
  if (input.PrefixListName !== undefined) list.PrefixListName = input.PrefixListName;
  if (MaxEntries !== undefined) {
    checkMaximum(MaxEntries);
    checkEntries(list.Entries, MaxEntries);
    list.MaxEntries = MaxEntries;
  }
  if (changesEntries) {
    if (input.CurrentVersion !== undefined) checkVersion(list, input.CurrentVersion);
    const removed = RemoveEntries.map((entry) => checkEntry(list.AddressFamily ?? "", entry).Cidr);
    const unknown = removed.find((cidr) => !list.Entries.some(({ Cidr }) => Cidr === cidr));
    if (unknown !== undefined) {
      throw invalidParameterValue(`The prefix list '${list.PrefixListId}' has no entry ${unknown}.`);
    }
    const added = AddEntries.map((entry) => checkEntry(list.AddressFamily ?? "", entry));
    checkAdded(list, added, removed);
    const replaced = new Set([...removed, ...added.map(({ Cidr }) => Cidr)]);
    const entries = [...list.Entries.filter(({ Cidr }) => !replaced.has(Cidr)), ...added];
    checkEntries(entries, list.MaxEntries ?? 0);
    addVersion(list, entries);
  }
  list.State = "modify-complete";
}

/** As AWS says it to Terraform's provider: https://github.com/hashicorp/terraform-provider-aws/issues/29204 */
function checkAdded(
  list: StoredPrefixList,
  added: readonly PrefixListEntry[],
  removed: readonly (string | undefined)[],
): void {
  const both = added.find(({ Cidr }) => removed.includes(Cidr));
  if (both !== undefined) {
    throw invalidParameterValue(
      `Request cannot contain Cidr ${both.Cidr} in both AddPrefixListEntries and RemovePrefixListEntries`,
    );
  }
  const same = added.find(({ Cidr, Description }) =>
    list.Entries.some((entry) => entry.Cidr === Cidr && entry.Description === Description),
  );
  if (same === undefined) return;
  throw new AwsError(
    "InvalidPrefixListModification",
    `An entry with the CIDR (${same.Cidr}) and description (${same.Description ?? ""}) already exists.`,
  );
}

function addVersion(list: StoredPrefixList, entries: PrefixListEntry[]): void {
  const version = (list.Version ?? 0) + 1;
  list.Version = version;
  list.Entries = entries;
  list.Versions[version] = entries;
}

function checkVersion(list: StoredPrefixList, current: number): void {
  if (current < 1) {
    throw invalidParameterValue("The specified value for version is not valid. The value must be greater than (1).");
  }
  if (list.Version === current) return;
  throw new AwsError("PrefixListVersionMismatch", "The prefix list has the incorrect version number.");
}

function checkEntry(family: string, entry: AddPrefixListEntry): PrefixListEntry {
  const cidr = required(entry.Cidr, "cidr");
  const ipv6 = parseIpv6Block(cidr);
  const canonical = family === "IPv4" ? canonicalIpv4Cidr(cidr) : ipv6 && formatIpv6Block(ipv6);
  if (canonical === undefined)
    throw invalidParameterValue(`The CIDR block ${cidr} is not a valid ${family} CIDR block.`);
  return { Cidr: canonical, ...(entry.Description ? { Description: entry.Description } : {}) };
}

function checkMaximum(MaxEntries: number): void {
  if (MaxEntries >= 1 && MaxEntries <= maxEntries) return;
  throw invalidParameterValue(`Value (${MaxEntries}) for parameter maxEntries is invalid.`);
}

function checkEntries(entries: readonly PrefixListEntry[], limit: number): void {
  if (new Set(entries.map(({ Cidr }) => Cidr)).size !== entries.length) {
    throw invalidParameterValue("The request has duplicate entries.");
  }
  if (entries.length <= limit) return;
  throw new AwsError(
    "PrefixListMaxEntriesExceeded",
    `You've reached the maximum number of entries for the prefix list. The maximum is ${limit}.`,
  );
}

/** The groups and route tables that refer to a list. */
async function associationsOf(scope: Scope, id: string): Promise<string[]> {
  const rules = await listResources(scope, securityGroupRules);
  const tables = await listResources(scope, routeTables);
  return [
    ...new Set([
      ...rules.filter((rule) => rule.PrefixListId === id).map((rule) => rule.GroupId ?? ""),
      ...tables
        .filter(({ Routes }) => Routes?.some((route) => route.DestinationPrefixListId === id))
        .map((table) => table.RouteTableId ?? ""),
    ]),
  ].sort();
}
