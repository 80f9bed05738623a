import { createHash } from "node:crypto";
import type * as Ec2 from "@aws-sdk/client-ec2";
import type { InstanceTopology } from "@aws-sdk/client-ec2";
import { AwsError } from "../../aws/aws-error.ts";
import { pathFilters } from "../../aws/filter-paths.ts";
import { compileFilters } from "../../aws/filters.ts";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { describeData } from "./describe.ts";
import { dryRunOperation, incorrectInstanceState, unsupportedOperation } from "./errors.ts";
import { instances, type StoredInstance } from "./instances.ts";
import { checkOneOf } from "./one-of.ts";
import { required } from "./required.ts";
import { getResource, getResources, listResources } from "./resource.ts";

const topologyFilters = pathFilters<InstanceTopology>()({
  "availability-zone": "AvailabilityZone",
  "instance-type": "InstanceType",
  "zone-id": "ZoneId",
});

export const instanceDiagnosticOperations = {
  async GetConsoleScreenshot(ctx, input) {
    await found(ctx, input);
    throw unsupportedOperation("Machines have no screen: GetConsoleOutput gives what they write to their console.");
  },

  /** Only Windows makes a password at its start; of other instances AWS answers none, as here. */
  async GetPasswordData(ctx, input) {
    const { InstanceId } = await found(ctx, input);
    return { InstanceId, PasswordData: "", Timestamp: ctx.now() };
  },

  async GetInstanceTpmEkPub(ctx, input) {
    checkOneOf("keyType", input.KeyType, ["rsa-2048", "ecc-sec-p384"]);
    checkOneOf("keyFormat", input.KeyFormat, ["der", "tpmt"]);
    await found(ctx, input);
    throw new AwsError("UnsupportedOperation", "The instance has no NitroTPM: its image was not registered with one.");
  },

  async SendDiagnosticInterrupt(ctx, input) {
    const instance = await found(ctx, input);
    if (instance.State.Name !== "running") {
      throw incorrectInstanceState(`The instance '${instance.InstanceId}' is not in the 'running' state.`);
    }
    throw unsupportedOperation("Machines have no kernel of their own that a diagnostic interrupt could reach.");
  },

  /** Every zone is one place of a network tree; instances of one placement group share its last node. */
  async DescribeInstanceTopology(ctx, input) {
    const matches = compileFilters(input.Filters, topologyFilters);
    const ids = input.InstanceIds ?? [];
    const names = new Set(input.GroupNames);
    const all =
      ids.length > 0
        ? await getResources(ctx, instances, ids)
        : await listResources(ctx, instances, { state: "running" });
    const shown = all
      .filter(
        ({ State, Placement }) =>
          State.Name === "running" && (names.size === 0 || names.has(Placement?.GroupName ?? "")),
      )
      .map(toTopology)
      .filter(matches);
    const page = describeData(shown, input, {
      kind: "instance-topology",
      keyOf: ({ InstanceId }) => InstanceId ?? "",
      limits: { min: 1, max: 100 },
    });
    return { Instances: page.items, NextToken: page.nextToken };
  },
} satisfies Operations<typeof Ec2, Context>;

async function found(
  ctx: Context,
  input: { InstanceId?: string | undefined; DryRun?: boolean | undefined },
): Promise<StoredInstance> {
  const instance = await getResource(ctx, instances, required(input.InstanceId, "InstanceId"));
  if (input.DryRun === true) throw dryRunOperation();
  return instance;
}

function toTopology({ InstanceId, InstanceType, Placement }: StoredInstance): InstanceTopology {
  const node = (name: string) => `nn-${createHash("sha256").update(name).digest("hex").slice(0, 17)}`;
  const zone = Placement?.AvailabilityZone ?? "";
  return {
    InstanceId,
    InstanceType,
    ...(Placement?.GroupName ? { GroupName: Placement.GroupName } : {}),
    AvailabilityZone: zone,
    ZoneId: Placement?.AvailabilityZoneId,
    NetworkNodes: [node(zone.slice(0, -1)), node(zone), node(`${zone}/${Placement?.GroupName || InstanceId}`)],
  };
}
