import { deleteResources, listResources, type Resource } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** Of a resource that is deleted, and shown as such for a while. ISO 8601. */
export interface Ending {
  EndedAt?: string | undefined;
}

export function hasEnded(shape: object): boolean {
  return "EndedAt" in shape && shape.EndedAt !== undefined;
}

const visibleMs = 3_600_000;

/** Drops the rows of what was deleted an hour ago; called before a family is listed. */
export async function forgetEnded<Shape extends Ending>(scope: Scope, resource: Resource<Shape>): Promise<void> {
  const limit = new Date(scope.now().getTime() - visibleMs).toISOString();
  const old = (await listResources(scope, resource)).filter(({ EndedAt }) => EndedAt !== undefined && EndedAt < limit);
  await deleteResources(scope, resource, old.map(resource.idOf));
}
