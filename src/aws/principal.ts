/** Who asks. An anonymous caller has no access key and is known to no account. */
export interface Principal {
  readonly type: "account" | "user" | "assumed-role" | "federated-user" | "anonymous";
  readonly accountId: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
}

/** Whoever signs nothing. */
export const anonymous: Principal = { type: "anonymous", accountId: "", arn: "", userId: "", accessKeyId: "" };

/** What an access key id stands for. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Set for temporary credentials: a request must carry the same token. */
  readonly sessionToken?: string;
  readonly expiration?: Date;
  readonly principal: Principal;
}
