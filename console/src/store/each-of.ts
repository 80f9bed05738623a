import { ApiError, toApiError } from "../api.ts";

/** Does the same with each; what fails does not keep the others from being done. @throws ApiError which names all that failed */
export async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const results = await Promise.allSettled(items.map(work));
  const errors = results.flatMap((result) => (result.status === "rejected" ? [toApiError(result.reason)] : []));
  const [first, ...more] = errors;
  if (first === undefined) return;
  if (more.length === 0) throw first;
  const messages = new Set(errors.map(({ message }) => message));
  throw new ApiError(first.status, [...messages].join(" "), first.code === undefined ? {} : { code: first.code });
}
