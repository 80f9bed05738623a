/** Ids are a prefix and 17 hexadecimal digits; resources made before 2016 have 8. */
export function isResourceId(prefix: string, text: string): boolean {
  if (!text.startsWith(`${prefix}-`)) return false;
  return /^(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(text.slice(prefix.length + 1));
}

/** `subnet` of `subnet-0123456789abcdef0`; undefined for what has no id's form. */
export function resourceIdPrefix(id: string): string | undefined {
  return /^([a-z][a-z-]*)-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.exec(id)?.[1];
}
