import { authorizationMessages } from "./authorization-messages.ts";
import { callerIdentity } from "./caller-identity.ts";
import { sessions } from "./sessions.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = { ...callerIdentity, ...sessions, ...authorizationMessages };
