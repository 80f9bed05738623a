import type * as Ec2 from "@aws-sdk/client-ec2";
import type {
  InternetGatewayBlockMode,
  InternetGatewayExclusionMode,
  VpcBlockPublicAccessExclusion,
  VpcBlockPublicAccessOptions,
} from "@aws-sdk/client-ec2";
import { pathFilters } from "../../aws/filter-paths.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { readSetting, writeSetting } from "./account-settings.ts";
import { describeResources } from "./describe.ts";
import { type Ending, forgetEnded } from "./ended.ts";
import {
  dryRunOperation,
  invalidParameterCombination,
  invalidParameterValue,
  malformed,
  missingParameter,
  notFound,
} from "./errors.ts";
import { insertTagged, tagsForNew } from "./made-once.ts";
import { required } from "./required.ts";
import {
  completeResources,
  getResource,
  listResources,
  type Resource,
  tagsMember,
  updateResource,
} from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { subnets } from "./subnets.ts";
import { vpcs } from "./vpcs.ts";

type StoredExclusion = VpcBlockPublicAccessExclusion & Ending;

export const publicAccessExclusions: Resource<StoredExclusion> = {
  table: "ec2_vpc_block_public_access_exclusions",
  prefix: "vpcbpa-exclude",
  type: "vpc-block-public-access-exclusion",
  idOf: (exclusion) => exclusion.ExclusionId ?? "",
  dates: ["CreationTimestamp", "DeletionTimestamp", "LastUpdateTimestamp"],
  ...tagsMember,
  filters: pathFilters<VpcBlockPublicAccessExclusion>()({
    "internet-gateway-exclusion-mode": "InternetGatewayExclusionMode",
    "resource-arn": "ResourceArn",
    state: "State",
  }),
  columnFilters: {},
  malformed: (id) => malformed("InvalidVpcBlockPublicAccessExclusionId.Malformed", id, "vpcbpa-exclude"),
  notFound: (ids) => notFound("InvalidVpcBlockPublicAccessExclusionId.NotFound", "VPC BPA exclusion ID", ids),
};

const blockModes: readonly string[] = ["off", "block-bidirectional", "block-ingress"];
const exclusionModes: readonly string[] = ["allow-bidirectional", "allow-egress"];

/** https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html; answers are a state behind what is kept. */
export const vpcBlockPublicAccessOperations = {
  async DescribeVpcBlockPublicAccessOptions(ctx, input) {
    if (input.DryRun === true) throw dryRunOperation();
    return { VpcBlockPublicAccessOptions: await optionsOf(ctx) };
  },

  async ModifyVpcBlockPublicAccessOptions(ctx, input) {
    const mode = required(input.InternetGatewayBlockMode, "InternetGatewayBlockMode");
    checkMode(mode, blockModes, "InternetGatewayBlockMode");
    if (input.DryRun === true) throw dryRunOperation();
    await writeSetting(ctx, "vpc-block-public-access", { mode, changedAt: ctx.now().toISOString() });
    return { VpcBlockPublicAccessOptions: { ...(await optionsOf(ctx)), State: "update-in-progress" } };
  },

  async CreateVpcBlockPublicAccessExclusion(ctx, input) {
    const mode = required(input.InternetGatewayExclusionMode, "InternetGatewayExclusionMode");
    checkMode(mode, exclusionModes, "InternetGatewayExclusionMode");
    if (input.VpcId && input.SubnetId) {
      throw invalidParameterCombination("VpcId and SubnetId cannot be specified together.");
    }
    if (!input.VpcId && !input.SubnetId) throw missingParameter("VpcId or SubnetId");
    const tags = tagsForNew(input.TagSpecifications, "vpc-block-public-access-exclusion");
    return inTransaction(ctx, async (scope) => {
      const resource = input.VpcId ? `vpc/${input.VpcId}` : `subnet/${input.SubnetId}`;
      if (input.VpcId) await getResource(scope, vpcs, input.VpcId);
      else await getResource(scope, subnets, input.SubnetId ?? "");
      if (input.DryRun === true) throw dryRunOperation();
      const now = scope.now();
      const exclusion: StoredExclusion = {
        ExclusionId: scope.newId("vpcbpa-exclude"),
        InternetGatewayExclusionMode: mode,
        ResourceArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:${resource}`,
        State: "create-complete",
        CreationTimestamp: now,
        LastUpdateTimestamp: now,
      };
      const made = await insertTagged(scope, publicAccessExclusions, exclusion, tags);
      return { VpcBlockPublicAccessExclusion: { ...made, State: "create-in-progress" } };
    });
  },

  async ModifyVpcBlockPublicAccessExclusion(ctx, input) {
    const id = required(input.ExclusionId, "ExclusionId");
    const mode = required(input.InternetGatewayExclusionMode, "InternetGatewayExclusionMode");
    checkMode(mode, exclusionModes, "InternetGatewayExclusionMode");
    return changeExclusion(ctx, { id, dryRun: input.DryRun, what: "modified" }, (exclusion) => {
      exclusion.InternetGatewayExclusionMode = mode;
      exclusion.State = "update-complete";
      return "update-in-progress";
    });
  },

  async DeleteVpcBlockPublicAccessExclusion(ctx, input) {
    const id = required(input.ExclusionId, "ExclusionId");
    return changeExclusion(ctx, { id, dryRun: input.DryRun, what: "deleted" }, (exclusion) => {
      exclusion.State = "delete-complete";
      exclusion.DeletionTimestamp = ctx.now();
      exclusion.EndedAt = ctx.now().toISOString();
      return "delete-in-progress";
    });
  },

  async DescribeVpcBlockPublicAccessExclusions(ctx, input) {
    await forgetEnded(ctx, publicAccessExclusions);
    const page = await describeResources(ctx, publicAccessExclusions, input, { ids: input.ExclusionIds });
    return { VpcBlockPublicAccessExclusions: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

/** What passes internet gateways in an account's region. */
export interface PublicAccess {
  readonly mode: InternetGatewayBlockMode;
  /** Of a subnet or its VPC, whichever is more open. */
  exclusionOf(place: {
    readonly SubnetId?: string | undefined;
    readonly VpcId?: string | undefined;
  }): InternetGatewayExclusionMode | undefined;
}

export async function readPublicAccess(scope: Scope): Promise<PublicAccess> {
  const { mode = "off" } = (await readSetting(scope, "vpc-block-public-access")) ?? {};
  const there = (await listResources(scope, publicAccessExclusions)).filter(({ EndedAt }) => EndedAt === undefined);
  return {
    mode,
    exclusionOf({ SubnetId, VpcId }) {
      const modes = there
        .filter(({ ResourceArn = "" }) => [SubnetId, VpcId].includes(ResourceArn.split("/").at(-1)))
        .map(({ InternetGatewayExclusionMode }) => InternetGatewayExclusionMode);
      return modes.find((one) => one === "allow-bidirectional") ?? modes[0];
    },
  };
}

async function optionsOf(scope: Scope): Promise<VpcBlockPublicAccessOptions> {
  const kept = await readSetting(scope, "vpc-block-public-access");
  return {
    AwsAccountId: scope.accountId,
    AwsRegion: scope.region,
    State: kept === undefined ? "default-state" : "update-complete",
    InternetGatewayBlockMode: kept?.mode ?? "off",
    ...(kept === undefined ? {} : { LastUpdateTimestamp: new Date(kept.changedAt) }),
    ManagedBy: "account",
    ExclusionsAllowed: "allowed",
  };
}

/** `change` gives the state to answer. */
function changeExclusion(
  ctx: Context,
  { id, dryRun, what }: { id: string; dryRun: boolean | undefined; what: string },
  change: (exclusion: StoredExclusion) => NonNullable<VpcBlockPublicAccessExclusion["State"]>,
) {
  return inTransaction(ctx, async (scope) => {
    const exclusion = await getResource(scope, publicAccessExclusions, id);
    if (exclusion.EndedAt !== undefined) {
      throw invalidParameterValue(`${id} is in ${exclusion.State} state and cannot be ${what}.`);
    }
    if (dryRun === true) throw dryRunOperation();
    const State = change(exclusion);
    exclusion.LastUpdateTimestamp = scope.now();
    await updateResource(scope, publicAccessExclusions, exclusion);
    await completeResources(scope, publicAccessExclusions, [exclusion]);
    return { VpcBlockPublicAccessExclusion: { ...exclusion, State } };
  });
}

function checkMode(mode: string, known: readonly string[], parameter: string): void {
  if (!known.includes(mode)) throw invalidParameterValue(`Invalid value '${mode}' for ${parameter}.`);
}
