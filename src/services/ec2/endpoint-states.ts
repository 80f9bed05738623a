import type { State } from "@aws-sdk/client-ec2";

/** EC2 answers the states of endpoints in lower case; its model has them in upper case. */
export function endpointState(state: "available" | "pending" | "pendingAcceptance" | "rejected" | "deleted"): State {
  return state as State;
}
