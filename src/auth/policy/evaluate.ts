import type { Principal } from "../../aws/principal.ts";
import { type ConditionKeys, holds } from "./conditions.ts";
import type { Patterns, Policy, Principals, Statement } from "./policy.ts";
import { withValues } from "./variables.ts";
import { fitsWildcards, type Pattern } from "./wildcards.ts";

export interface PolicyRequest {
  readonly principal: Principal;
  /** The principal's account as S3 names it; none for an anonymous one. */
  readonly canonicalUser?: string | undefined;
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  readonly keys: ConditionKeys;
}

/** `none`: the policy says nothing about it, which elsewhere may be allowed. */
export type Decision = "allow" | "deny" | "none";

/** A deny wins over any allow. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
export function evaluate({ statements, hasVariables }: Policy, request: PolicyRequest): Decision {
  let decision: Decision = "none";
  for (const statement of statements) {
    if (!applies(statement, request, hasVariables)) continue;
    if (statement.effect === "Deny") return "deny";
    decision = "allow";
  }
  return decision;
}

function applies(
  { principal, action, resource, conditions }: Statement,
  request: PolicyRequest,
  hasVariables: boolean,
): boolean {
  return (
    (principal === undefined || isAmong(principal.value, request) !== principal.except) &&
    // The names of actions are compared without regard to case.
    includes(action, request.action.toLowerCase(), (pattern) => pattern.toLowerCase()) &&
    includes(resource, request.resource, (pattern) => (hasVariables ? withValues(pattern, request.keys) : pattern)) &&
    conditions.every((condition) => holds(condition, request.keys, hasVariables))
  );
}

function includes(
  { except, values }: Patterns,
  text: string,
  toPattern: (value: string) => Pattern | undefined,
): boolean {
  const fits = values.some((value) => {
    const pattern = toPattern(value);
    return pattern !== undefined && fitsWildcards(pattern, text);
  });
  return fits !== except;
}

function isAmong(principals: Principals, { principal, canonicalUser }: PolicyRequest): boolean {
  if (principals === "*") return true;
  if (canonicalUser !== undefined && principals.CanonicalUser?.includes(canonicalUser)) return true;
  return (principals.AWS ?? []).some((name) => name === "*" || isPrincipal(name, principal));
}

/** An account stands for everybody in it, a role for all of its sessions. */
function isPrincipal(name: string, { type, accountId, arn }: Principal): boolean {
  if (type === "anonymous") return false;
  if (name === accountId || name === arn || /^arn:aws[\w-]*:iam::(\d{12}):root$/.exec(name)?.[1] === accountId) {
    return true;
  }
  const role = /^arn:(aws[\w-]*):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(arn);
  return role !== null && name.startsWith(`arn:${role[1]}:iam::${role[2]}:role/`) && name.endsWith(`/${role[3]}`);
}
