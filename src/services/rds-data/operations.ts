import { statements } from "./statements.ts";
import { transactions } from "./transactions.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = { ...statements, ...transactions };
