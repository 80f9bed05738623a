/** An object that a service of AWS puts into a user's bucket. */
export interface DeliveredObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** Of what is encrypted with a key of KMS. */
  readonly kmsKeyId?: string;
}

/** What other services do in S3 for the account of whoever told them to. */
export interface ServiceObjects {
  /** Whether the account has such a bucket. */
  hasBucket(accountId: string, name: string): Promise<boolean>;
  /** Resolves with false where the account has no such bucket (any more). */
  put(accountId: string, object: DeliveredObject): Promise<boolean>;
}
