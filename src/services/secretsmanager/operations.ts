import { secretValues } from "./secret-values.ts";
import { secrets } from "./secrets.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = { ...secrets, ...secretValues };
