import type * as Rds from "@aws-sdk/client-rds";
import type { Operations } from "../../aws/operations.ts";
import type { Context } from "../service-context.ts";
import { parseRdsArn } from "./arns.ts";
import { withoutBlanks } from "./blanks.ts";
import { deleteClusterDeployment, switchOverClusters } from "./blue-green-cluster-work.ts";
import { prepareGreenCluster } from "./blue-green-clusters.ts";
import { prepareGreenInstance, randomName } from "./blue-green-instances.ts";
import { deleteDeployment, provision, switchOver } from "./blue-green-work.ts";
import {
  blueGreenDeploymentAlreadyExists,
  blueGreenDeploymentNotFound,
  invalidBlueGreenDeploymentState,
  invalidParameterCombination,
  invalidParameterValue,
} from "./errors.ts";
import { filterValues } from "./filters.ts";
import { findNamed, insertNamedWith, listNamed, tagsOfNamed } from "./named-resources.ts";
import { page } from "./pages.ts";
import {
  type BlueGreenDocument,
  blueGreenFamily,
  changeDeployment,
  isCluster,
  toBlueGreenDeployment,
} from "./stored-blue-green.ts";
import { requireTags } from "./tags.ts";

export const blueGreenDeployments = {
  async CreateBlueGreenDeployment(ctx, request) {
    const input = withoutBlanks(request);
    const name = requireName(input.BlueGreenDeploymentName ?? "");
    const isOfCluster = parseRdsArn(ctx, input.Source ?? "")?.type === "cluster";
    const insert = isOfCluster ? await prepareGreenCluster(ctx, input) : await prepareGreenInstance(ctx, input);
    const given = requireTags(input.Tags ?? []);
    await refuseName(ctx, name);
    const green = await insert();
    const deployment: BlueGreenDocument = {
      ...{ id: `bgd-${randomName(ctx, 16)}`, name, status: "PROVISIONING", created: ctx.now().toISOString() },
      ...green.sides,
    };
    const { accountId, region } = ctx;
    const inserted = ctx.db.transaction().execute(async (db) => {
      const place = { db, accountId, region };
      await refuseName(place, name);
      await insertNamedWith(place, blueGreenFamily, { name: deployment.id, document: deployment, tags: given });
    });
    await inserted.catch(async (error: unknown) => {
      await green.undo();
      throw error;
    });
    await green.begin();
    provision(ctx, { accountId, region }, deployment);
    return { BlueGreenDeployment: await toBlueGreenDeployment(ctx, deployment, given) };
  },

  async DescribeBlueGreenDeployments(ctx, input) {
    const filters = filterValues(input.Filters, [
      ...(["blue-green-deployment-identifier", "blue-green-deployment-name", "source", "target"] as const),
    ]);
    const one = input.BlueGreenDeploymentIdentifier && (await requireDeployment(ctx, input));
    const stored = one ? [one] : (await listNamed(ctx, blueGreenFamily)).map(({ document }) => document);
    const tags = await tagsOfNamed(
      ctx,
      "deployment",
      stored.map(({ id }) => id),
    );
    const all = await Promise.all(
      stored.map((deployment) => toBlueGreenDeployment(ctx, deployment, tags(deployment.id))),
    );
    const found = all.filter((deployment) => {
      const facts = {
        "blue-green-deployment-identifier": deployment.BlueGreenDeploymentIdentifier,
        "blue-green-deployment-name": deployment.BlueGreenDeploymentName,
        source: deployment.Source,
        target: deployment.Target,
      };
      return filters.every(({ name, values }) => values.some((value) => facts[name] === value));
    });
    const request = { ...input, kind: "blue-green-deployments" };
    const { items, marker } = page(found, request, (deployment) => deployment.BlueGreenDeploymentIdentifier ?? "");
    return { BlueGreenDeployments: items, Marker: marker };
  },

  async SwitchoverBlueGreenDeployment(ctx, input) {
    const { id, status } = await requireDeployment(ctx, input);
    const seconds = input.SwitchoverTimeout ?? 300;
    // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/blue-green-deployments-switching.html
    if (seconds < 30 || seconds > 3600) {
      throw invalidParameterValue(`Invalid value ${seconds} for SwitchoverTimeout. Must be between 30 and 3600.`);
    }
    const from = ["AVAILABLE", "SWITCHOVER_FAILED"] as const;
    const begun = await changeDeployment(ctx, ctx, id, from, { status: "SWITCHOVER_IN_PROGRESS", exchanged: false });
    if (begun === undefined) {
      throw invalidBlueGreenDeploymentState(`The blue/green deployment ${id} is ${status}: it can't be switched over.`);
    }
    const exchange = isCluster(begun.source.id) ? switchOverClusters : switchOver;
    await exchange(ctx, { accountId: ctx.accountId, region: ctx.region }, begun, seconds).catch(async (error) => {
      await changeDeployment(ctx, ctx, id, ["SWITCHOVER_IN_PROGRESS"], { status: "AVAILABLE" });
      throw error;
    });
    return { BlueGreenDeployment: await describe(ctx, begun) };
  },

  async DeleteBlueGreenDeployment(ctx, input) {
    const { id, status } = await requireDeployment(ctx, input);
    const { DeleteTarget = false } = input;
    if (DeleteTarget && status === "SWITCHOVER_COMPLETED") {
      throw invalidParameterCombination(
        "You can't specify DeleteTarget if the blue/green deployment status is SWITCHOVER_COMPLETED.",
      );
    }
    const from = [
      "AVAILABLE",
      "SWITCHOVER_COMPLETED",
      "SWITCHOVER_FAILED",
      "INVALID_CONFIGURATION",
      "PROVISIONING",
    ] as const;
    const deleting = await changeDeployment(ctx, ctx, id, from, { status: "DELETING" });
    if (deleting === undefined) {
      throw invalidBlueGreenDeploymentState(`The blue/green deployment ${id} is ${status}: it can't be deleted.`);
    }
    const BlueGreenDeployment = { ...(await describe(ctx, deleting)), DeleteTime: ctx.now() };
    const wasSwitchedOver = status === "SWITCHOVER_COMPLETED";
    const remove = isCluster(deleting.source.id) ? deleteClusterDeployment : deleteDeployment;
    await remove(ctx, { accountId: ctx.accountId, region: ctx.region }, deleting, {
      green: wasSwitchedOver ? "stays" : DeleteTarget ? "deleted" : "promoted",
    });
    return { BlueGreenDeployment };
  },
} satisfies Operations<typeof Rds, Context>;

async function requireDeployment(
  ctx: Context,
  { BlueGreenDeploymentIdentifier: id = "" }: { readonly BlueGreenDeploymentIdentifier?: string | undefined },
): Promise<BlueGreenDocument> {
  const found = await findNamed(ctx, blueGreenFamily, id);
  if (found === undefined) throw blueGreenDeploymentNotFound(id);
  return found;
}

async function describe(ctx: Context, deployment: BlueGreenDocument) {
  const tags = await tagsOfNamed(ctx, "deployment", [deployment.id]);
  return await toBlueGreenDeployment(ctx, deployment, tags(deployment.id));
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateBlueGreenDeployment.html */
function requireName(name: string): string {
  if (/^[a-zA-Z][a-zA-Z0-9]*(?:-[a-zA-Z0-9]+)*$/.test(name) && name.length <= 60) return name;
  throw invalidParameterValue(
    "The parameter BlueGreenDeploymentName is not a valid identifier. It must begin with a letter; must contain only ASCII " +
      "letters, digits, and hyphens, 60 at most; and must not end with a hyphen or contain two consecutive hyphens.",
  );
}

async function refuseName(ctx: Pick<Context, "db" | "accountId" | "region">, name: string): Promise<void> {
  const deployments = await listNamed(ctx, blueGreenFamily);
  if (deployments.some(({ document }) => document.name === name)) throw blueGreenDeploymentAlreadyExists(name);
}
