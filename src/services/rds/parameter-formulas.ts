import { ownValue } from "../../aws/own-value.ts";

/**
 * RDS's expressions in the values of parameters, such as `LEAST({DBInstanceClassMemory/9531392},5000)`:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ParamValuesRef.html
 */
export interface FormulaVariables {
  /** Bytes. */
  readonly AllocatedStorage: number;
  /** Bytes. */
  readonly DBInstanceClassMemory: number;
  readonly DBInstanceVCPU: number;
  readonly EndPointPort: number;
  readonly TrueIfReplica: 0 | 1;
}

export function isFormula(value: string): boolean {
  return /[{}]|^\s*(?:GREATEST|LEAST|SUM)\s*\(/i.test(value);
}

/** Words and signs of a formula: RDS's own have up to 20, and one of thousands of parentheses would not fit on the stack. */
const longest = 500;

/** The whole number that a formula says; none for text that is no formula, and for a division by zero. */
export function evaluateFormula(text: string, variables: FormulaVariables): number | undefined {
  // Some of RDS's own defaults have a sign in front: `GREATEST(${DBInstanceVCPU*2},8)`.
  const tokens = text.replaceAll("${", "{").match(/[A-Za-z]+|\d+(?:\.\d+)?|\S/g) ?? [];
  if (tokens.length > longest) return undefined;
  const formula = new Formula(tokens, variables);
  const value = formula.expression();
  return formula.isAtEnd() && Number.isFinite(value) ? Math.trunc(value) : undefined;
}

const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  greatest: Math.max,
  least: Math.min,
  sum: (...values) => values.reduce((sum, value) => sum + value, 0),
  // To the base 2.
  log: (value = Number.NaN) => Math.log2(value),
};

/** Reads from left to right; what cannot be read is NaN. */
class Formula {
  readonly #tokens: readonly string[];
  readonly #variables: FormulaVariables;
  #at = 0;

  constructor(tokens: readonly string[], variables: FormulaVariables) {
    this.#tokens = tokens;
    this.#variables = variables;
  }

  isAtEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** Products and quotients, whose fractions are cut off. */
  expression(): number {
    let value = this.#operand();
    for (;;) {
      if (this.#take("*")) value = Math.trunc(value * this.#operand());
      else if (this.#take("/")) value = Math.trunc(value / this.#operand());
      else return value;
    }
  }

  #operand(): number {
    const token = this.#tokens[this.#at++] ?? "";
    if (token === "{" || token === "(") {
      const value = this.expression();
      return this.#take(token === "{" ? "}" : ")") ? value : Number.NaN;
    }
    if (/^\d/.test(token)) return Number(token);
    const call = ownValue(functions, token.toLowerCase());
    if (call !== undefined) return this.#take("(") ? call(...this.#list()) : Number.NaN;
    return (
      Object.entries(this.#variables).find(([name]) => name.toLowerCase() === token.toLowerCase())?.[1] ?? Number.NaN
    );
  }

  /** What follows an opening parenthesis. */
  #list(): number[] {
    const values = [this.expression()];
    while (this.#take(",")) values.push(this.expression());
    return this.#take(")") ? values : [Number.NaN];
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}
