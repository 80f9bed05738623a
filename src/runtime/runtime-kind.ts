/** Which runtime is in use: three behind one contract. */
export type RuntimeKind = "docker" | "embedded" | "records";
