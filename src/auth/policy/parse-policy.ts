import { isOperator } from "./conditions.ts";
import {
  type Condition,
  type Patterns,
  type Policy,
  PolicyProblem,
  type Principals,
  type Statement,
} from "./policy.ts";

/**
 * Reads the policy of a resource, which says for whom it is. Elements are read in the order in which AWS complains of them.
 * @throws PolicyProblem
 */
export function parseResourcePolicy(text: string): Policy {
  if (!text.trimStart().startsWith("{")) {
    throw new PolicyProblem("Policies must be valid JSON and the first byte must be '{'");
  }
  const document = parseJson(text);
  refuseUnknown(document, ["Version", "Id", "Statement"]);
  const { Version, Statement } = document;
  if (Version !== undefined && Version !== "2012-10-17" && Version !== "2008-10-17") {
    throw new PolicyProblem("The policy must contain a valid version string");
  }
  if (Statement === undefined) throw new PolicyProblem("Missing required field Statement");
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  if (statements.length === 0) throw new PolicyProblem("Could not parse the policy: Statement is empty!");
  return { statements: statements.map(parseStatement), hasVariables: Version === "2012-10-17" };
}

type Fields = Readonly<Record<string, unknown>>;

function parseJson(text: string): Fields {
  try {
    // It starts with a brace.
    return JSON.parse(text) as Fields;
  } catch (cause) {
    throw new PolicyProblem("This policy contains invalid Json", { cause });
  }
}

const ofStatements = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function refuseUnknown(fields: Fields, known: readonly string[]): void {
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new PolicyProblem(`Unknown field ${unknown}`);
}

function parseStatement(statement: unknown): Statement {
  if (!isFields(statement)) throw new PolicyProblem("Invalid policy syntax.");
  refuseUnknown(statement, ofStatements);
  const { Effect } = statement;
  if (Effect === undefined) throw new PolicyProblem("Missing required field Effect");
  if (Effect !== "Allow" && Effect !== "Deny") throw new PolicyProblem(`Invalid effect: ${String(Effect)}`);
  const principal = alternative(statement, "Principal");
  const action = alternative(statement, "Action");
  const resource = alternative(statement, "Resource");
  return {
    effect: Effect,
    principal: { except: principal.except, value: parsePrincipals(principal.value) },
    action: patterns(action, "Policy has invalid action"),
    resource: patterns(resource, "Policy has invalid resource"),
    conditions: parseConditions(statement.Condition),
  };
}

/** `Action` or `NotAction`, and not both. */
function alternative(statement: Fields, name: string): { except: boolean; value: unknown } {
  const { [name]: value, [`Not${name}`]: excepted } = statement;
  if (value === undefined && excepted === undefined) throw new PolicyProblem(`Missing required field ${name}`);
  if (value !== undefined && excepted !== undefined) throw new PolicyProblem("Invalid policy syntax.");
  return value === undefined ? { except: true, value: excepted } : { except: false, value };
}

function patterns({ except, value }: { except: boolean; value: unknown }, problem: string): Patterns {
  const values = strings(value);
  if (values === undefined || values.length === 0) throw new PolicyProblem(problem);
  return { except, values };
}

const invalidPrincipal = "Invalid principal in policy";

function parsePrincipals(value: unknown): Principals {
  if (value === "*") return "*";
  if (!isFields(value) || Object.keys(value).length === 0) throw new PolicyProblem(invalidPrincipal);
  const principals = Object.entries(value).map(([kind, given]) => {
    const names = strings(given);
    if (names === undefined || names.length === 0 || !names.every((name) => isPrincipal(kind, name))) {
      throw new PolicyProblem(invalidPrincipal);
    }
    return [kind, names] as const;
  });
  return Object.fromEntries(principals);
}

/** Whether the account or the user exists is not looked at. */
function isPrincipal(kind: string, name: string): boolean {
  switch (kind) {
    case "AWS":
      return name === "*" || /^(?:\d{12}|arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:root|[\w-]+\/.+))$/.test(name);
    case "CanonicalUser":
      return /^[0-9a-f]{64}$/.test(name);
    case "Service":
      return /^[\w.-]+\.amazonaws\.com(?:\.cn)?$/.test(name);
    default:
      return kind === "Federated" && name !== "";
  }
}

function parseConditions(value: unknown): Condition[] {
  if (value === undefined) return [];
  if (!isFields(value)) throw new PolicyProblem("Conditions must be an object");
  return Object.entries(value).flatMap(([name, keys]) => {
    const match = /^(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?$/.exec(name);
    const operator = match?.[2] ?? "";
    if (!isOperator(operator)) throw new PolicyProblem(`Invalid Condition type : ${name}`);
    if (!isFields(keys)) throw new PolicyProblem("Invalid policy syntax.");
    return Object.entries(keys).map(([key, given]) => {
      const values = strings(given);
      if (!/^[\w-]+:\S/.test(key)) throw new PolicyProblem("Policy has an invalid condition key");
      if (values === undefined) throw new PolicyProblem("Invalid policy syntax.");
      const qualifier = match?.[1] as Condition["qualifier"];
      return { operator, qualifier, ifExists: match?.[3] !== undefined, key: key.toLowerCase(), values };
    });
  });
}

/** A value or a list of values; numbers and booleans count as their text. */
function strings(value: unknown): string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.filter((item) => ["string", "number", "boolean"].includes(typeof item)).map(String);
  return texts.length === values.length ? texts : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
