/** What a policy's principals are compared with. */
export type PrincipalKind = "AWS" | "CanonicalUser" | "Service" | "Federated";

/** Everybody, or some of each kind. */
export type Principals = "*" | Readonly<Partial<Record<PrincipalKind, readonly string[]>>>;

/** A list of patterns; `except`: the element was NotAction or NotResource. */
export interface Patterns {
  readonly except: boolean;
  readonly values: readonly string[];
}

/** One comparison of a Condition: the key's values with these. */
export interface Condition {
  /** `StringEquals`, without its qualifiers. */
  readonly operator: string;
  readonly qualifier: "ForAllValues" | "ForAnyValue" | undefined;
  readonly ifExists: boolean;
  /** In lower case: keys are compared without regard to it. */
  readonly key: string;
  readonly values: readonly string[];
}

export interface Statement {
  readonly effect: "Allow" | "Deny";
  /** None in a policy of an identity. */
  readonly principal: { readonly except: boolean; readonly value: Principals } | undefined;
  readonly action: Patterns;
  readonly resource: Patterns;
  readonly conditions: readonly Condition[];
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface Policy {
  readonly statements: readonly Statement[];
  /** Of the version 2012-10-17: `${…}` stands for the value of a condition key. */
  readonly hasVariables: boolean;
}

/** What makes a document no policy, in AWS's words; each service has its own code for it. */
export class PolicyProblem extends Error {
  override readonly name = "PolicyProblem";
}
