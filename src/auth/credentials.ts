import type { Credential } from "../aws/principal.ts";

/** The temporary credentials to be had of STS. */
export interface SessionRequest {
  readonly principal: Credential["principal"];
  /** Seconds. */
  readonly durationSeconds: number;
}

/** Where access keys are looked up: the configured ones, and the sessions that STS issued. */
export interface Credentials {
  /** Also finds an expired session: that it is expired is an answer of its own. */
  find(accessKeyId: string): Promise<Credential | undefined> | Credential | undefined;
  /** Issues temporary credentials (`ASIA…`), which survive a restart. */
  issueSession(request: SessionRequest): Promise<Credential & { sessionToken: string; expiration: Date }>;
}
