/** Temporary credentials that STS has issued and that have not been removed since they expired. */
export interface StsSessionRow {
  access_key_id: string;
  account_id: string;
  secret_access_key: string;
  session_token: string;
  /** Milliseconds since the epoch. */
  expires_at: number;
  /** JSON of a `Principal`. */
  principal: string;
}

export interface StsTables {
  sts_sessions: StsSessionRow;
}
