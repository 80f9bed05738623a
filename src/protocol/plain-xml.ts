/** An element: its text, or its children by name. */
type PlainNode = string | PlainElement;
interface PlainElement {
  [name: string]: PlainNode | PlainNode[];
}

interface Open {
  readonly name: string;
  readonly children: PlainElement;
  hasChildren: boolean;
}

const prologue = /(?:<\?xml version="1\.0"(?: encoding="[\w-]+")?\?>)?\s*/y;
/** A tag with the text that follows it. */
const tag = /<(\/?)([A-Za-z_][\w.-]*)( xmlns="[^"<>&]*")?\s*(\/?)>([^<]*)/y;
const unusual = /\r|\]\]>|&(?!(?:amp|lt|gt|quot|apos);)/;
const maxDepth = 32;

/**
 * The tree of a document of nothing but elements and text, as nearly all are, in a fraction of the time that a parser takes for it.
 * Undefined for a document that has anything else in it or may not be well-formed: the parser knows about those.
 */
export function plainTree(text: string): PlainElement | undefined {
  if (unusual.test(text)) return undefined;
  prologue.lastIndex = 0;
  prologue.test(text);
  tag.lastIndex = prologue.lastIndex;
  const tree: PlainElement = {};
  const open: Open[] = [{ name: "", children: tree, hasChildren: false }];
  let leaf = "";
  while (tag.lastIndex < text.length) {
    const found = tag.exec(text);
    if (found === null) return undefined;
    const [, closing = "", name = "", namespace, ending = "", after = ""] = found;
    const parent = open.at(-1);
    if (parent === undefined || name in Object.prototype) return undefined;
    if (closing === "") {
      // Text before a child, or a namespace anywhere but at a root with children, is told by the parser.
      if (leaf.trim() !== "" || open.length > maxDepth) return undefined;
      if (namespace !== undefined && (open.length > 1 || ending !== "")) return undefined;
      if (open.length === 1 && parent.hasChildren) return undefined;
      parent.hasChildren = true;
      if (ending === "") {
        open.push({ name, children: namespace === undefined ? {} : { "@_xmlns": namespace }, hasChildren: false });
        leaf = after;
        continue;
      }
      add(parent.children, name, "");
    } else {
      open.pop();
      const outer = open.at(-1);
      if (parent.name !== name || outer === undefined || namespace !== undefined || ending !== "") return undefined;
      if (parent.hasChildren && leaf.trim() !== "") return undefined;
      if (!parent.hasChildren && "@_xmlns" in parent.children) return undefined;
      add(outer.children, name, parent.hasChildren ? parent.children : leaf);
    }
    // What stands between elements is no leaf's.
    if (after.trim() !== "") return undefined;
    leaf = "";
  }
  return open.length === 1 && open[0]?.hasChildren === true ? tree : undefined;
}

function add(parent: PlainElement, name: string, node: PlainNode): void {
  const earlier = parent[name];
  if (earlier === undefined) parent[name] = node;
  else if (Array.isArray(earlier)) earlier.push(node);
  else parent[name] = [earlier, node];
}
