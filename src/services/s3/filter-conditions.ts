import type { Tag } from "@aws-sdk/client-s3";
import { malformedXml } from "./errors.ts";
import { checkFilterTags } from "./tag-sets.ts";

/** The filter of a rule or a report: one condition, or several in an `And`. */
interface Filter {
  readonly Tag?: Tag | undefined;
  readonly And?: { readonly Tags?: readonly Tag[] | undefined } | undefined;
}

/**
 * @throws MalformedXML for more than one condition without an `And`, or fewer than two within it; InvalidTag for tags that no object
 * can have
 */
export function validateConditions(filter: Filter): void {
  if (Object.keys(filter).length > 1) throw malformedXml();
  checkFilterTags(filter.And?.Tags ?? (filter.Tag === undefined ? [] : [filter.Tag]));
  if (filter.And === undefined) return;
  const { Tags = [], ...others } = filter.And;
  if (Object.keys(others).length + Tags.length < 2) throw malformedXml();
}
