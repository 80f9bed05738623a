/** Changes a value as https://www.rfc-editor.org/rfc/rfc6902 says; `value` itself stays. @throws Error for a patch that does not fit */
export function applyJsonPatch(value: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw new Error("A JSON patch is a list of operations.");
  let changed: unknown = structuredClone(value);
  for (const operation of patch as readonly unknown[]) changed = applyOne(changed, operation);
  return changed;
}

function applyOne(root: unknown, operation: unknown): unknown {
  const member = (name: string): unknown =>
    operation !== null && typeof operation === "object" && Object.hasOwn(operation, name)
      ? Reflect.get(operation, name)
      : undefined;
  const path = tokensOf(member("path"));
  switch (member("op")) {
    case "add":
      return set(root, path, member("value"), true);
    case "replace":
      find(root, path);
      return set(root, path, member("value"), false);
    case "remove":
      return remove(root, path);
    case "copy":
      return set(root, path, structuredClone(find(root, tokensOf(member("from")))), true);
    case "move": {
      const from = tokensOf(member("from"));
      const moved = find(root, from);
      return set(remove(root, from), path, moved, true);
    }
    case "test":
      if (JSON.stringify(find(root, path)) === JSON.stringify(member("value"))) return root;
      throw new Error(`${String(member("path"))} has another value.`);
    default:
      throw new Error(`${JSON.stringify(member("op"))} is no operation of a JSON patch.`);
  }
}

/** https://www.rfc-editor.org/rfc/rfc6901 */
function tokensOf(pointer: unknown): string[] {
  if (typeof pointer !== "string" || !/^(\/|$)/.test(pointer))
    throw new Error(`${String(pointer)} is no JSON pointer.`);
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function find(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, token) => {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, token)) throw missing(path);
    return Reflect.get(value, token);
  }, root);
}

function set(root: unknown, path: readonly string[], value: unknown, inserts: boolean): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = find(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === "-" ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw missing(path);
    parent.splice(index, inserts ? 0 : 1, value);
  } else if (parent !== null && typeof parent === "object") {
    Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
  } else throw missing(path);
  return root;
}

function remove(root: unknown, path: readonly string[]): unknown {
  find(root, path);
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = find(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent as object, last);
  return root;
}

function missing(path: readonly string[]): Error {
  return new Error(`There is no /${path.join("/")}.`);
}
