/**
 * The flat `a.1.b=c` parameters of the query protocols as a tree. Maps, not objects: a client chooses the names.
 */
export interface FormNode {
  value?: string;
  children?: Map<string, FormNode>;
}

/** A body that is no form, or one beyond the limits below. */
export class MalformedForm extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "MalformedForm";
  }
}

const MAX_PARAMETERS = 20_000;
const MAX_DEPTH = 32;

/** Parses `application/x-www-form-urlencoded` text. @throws MalformedForm */
export function parseForm(...texts: readonly string[]): FormNode {
  const root: FormNode = {};
  let count = 0;
  for (const text of texts) {
    for (let start = 0; start < text.length; ) {
      let end = text.indexOf("&", start);
      if (end === -1) end = text.length;
      if (end > start) {
        if (++count > MAX_PARAMETERS) throw new MalformedForm(`More than ${MAX_PARAMETERS} parameters were sent.`);
        insert(root, text.slice(start, end));
      }
      start = end + 1;
    }
  }
  return root;
}

function insert(root: FormNode, pair: string): void {
  const equals = pair.indexOf("=");
  const key = decode(equals === -1 ? pair : pair.slice(0, equals));
  const value = equals === -1 ? "" : decode(pair.slice(equals + 1));
  const segments = key.split(".", MAX_DEPTH + 1);
  if (segments.length > MAX_DEPTH) throw new MalformedForm("A parameter's name is nested too deeply.");
  let node = root;
  for (const segment of segments) {
    node.children ??= new Map();
    let child = node.children.get(segment);
    if (child === undefined) {
      child = {};
      node.children.set(segment, child);
    }
    node = child;
  }
  // The first of repeated parameters counts.
  node.value ??= value;
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new MalformedForm("A parameter is not valid percent-encoded UTF-8.");
  }
}

/** The parameters of a REST request's query; the first of repeated ones counts. @throws MalformedForm */
export function parseQuery(query: string): Map<string, string> {
  const parameters = new Map<string, string>();
  if (query === "") return parameters;
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (!parameters.has(name)) parameters.set(name, equals === -1 ? "" : decode(pair.slice(equals + 1)));
  }
  return parameters;
}
