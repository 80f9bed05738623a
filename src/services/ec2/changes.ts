import type { Context } from "../service-context.ts";
import { hasEnded } from "./ended.ts";
import { dryRunOperation } from "./errors.ts";
import { completeResources, deleteResources, getResource, type Resource, updateResource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";

interface Change {
  readonly id: string;
  readonly DryRun?: boolean | undefined;
}

/**
 * Changes a resource in a transaction, and gives it as a Describe would; a dry run makes the checks of `change` and keeps
 * nothing. @throws AwsError the family's Malformed or NotFound, also for what has ended
 */
export async function changeResource<Shape extends object>(
  ctx: Context,
  resource: Resource<Shape>,
  { id, DryRun }: Change,
  change: (shape: Shape, scope: Scope) => void | Promise<void>,
): Promise<Shape> {
  return inTransaction(ctx, async (scope) => {
    const shape = await getAlive(scope, resource, id);
    await change(shape, scope);
    if (DryRun === true) throw dryRunOperation();
    await updateResource(scope, resource, shape);
    await completeResources(scope, resource, [shape]);
    return shape;
  });
}

/** Drops a resource that does not stay visible, and gives it as it was; `check` may refuse. @throws AwsError */
export async function removeResource<Shape extends object>(
  ctx: Context,
  resource: Resource<Shape>,
  { id, DryRun }: Change,
  check?: (shape: Shape, scope: Scope) => void | Promise<void>,
): Promise<Shape> {
  return inTransaction(ctx, async (scope) => {
    const shape = await getResource(scope, resource, id);
    await check?.(shape, scope);
    if (DryRun === true) throw dryRunOperation();
    await completeResources(scope, resource, [shape]);
    await deleteResources(scope, resource, [id]);
    return shape;
  });
}

/** A resource that has not ended. @throws AwsError */
export async function getAlive<Shape extends object>(
  scope: Scope,
  resource: Resource<Shape>,
  id: string,
): Promise<Shape> {
  const shape = await getResource(scope, resource, id);
  if (hasEnded(shape)) throw resource.notFound([id]);
  return shape;
}
