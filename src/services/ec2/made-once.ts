import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { Context } from "../service-context.ts";
import { findMade, rememberMade } from "./client-tokens.ts";
import { completeResources, findResource, insertResource, type Resource } from "./resource.ts";
import { inTransaction, type Scope } from "./scope.ts";
import { writeTags } from "./stored-tags.ts";
import { tagsOfSpecifications } from "./tag-specifications.ts";

/** The tags that a request gives to the one resource that it makes. @throws AwsError */
export function tagsForNew(specifications: readonly TagSpecification[] | undefined, type: ResourceType): Tag[] {
  return tagsOfSpecifications(specifications, [type])[type] ?? [];
}

/** Adds a resource with its tags, and gives it as a Describe would. */
export async function insertTagged<Shape>(
  scope: Scope,
  resource: Resource<Shape>,
  shape: Shape,
  tags: readonly Tag[] = [],
): Promise<Shape> {
  await insertResource(scope, resource, shape);
  await writeTags(scope, { id: resource.idOf(shape), type: resource.type }, tags);
  const complete = structuredClone(shape);
  await completeResources(scope, resource, [complete]);
  return complete;
}

/**
 * Makes a resource in a transaction; a request with the same `ClientToken` gets what the first made. `make` checks, and
 * throws for a dry run, before it inserts.
 */
export async function makeOnce<Shape>(
  ctx: Context,
  resource: Resource<Shape>,
  input: { readonly ClientToken?: string | undefined },
  make: (scope: Scope) => Promise<Shape>,
): Promise<Shape> {
  const token = input.ClientToken;
  if (token === undefined || token === "") return inTransaction(ctx, make);
  const request = { operation: ctx.operation, token, input: { ...input } };
  return inTransaction(ctx, async (scope) => {
    const [id] = (await findMade(scope, request)) ?? [];
    if (id !== undefined) {
      const before = await findResource(scope, resource, id);
      if (before === undefined) throw (resource.goneAgain ?? resource.notFound)([id]);
      await completeResources(scope, resource, [before]);
      return before;
    }
    const made = await make(scope);
    await rememberMade(scope, request, [resource.idOf(made)]);
    return made;
  });
}
