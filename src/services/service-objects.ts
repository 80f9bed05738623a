export interface ObjectTag {
  Key: string | undefined;
  Value: string | undefined;
}

/** An object that a service of AWS puts into a user's bucket. */
export interface DeliveredObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** Of what is encrypted with a key of KMS. */
  readonly kmsKeyId?: string;
  readonly tags?: readonly ObjectTag[];
}

/** What other services do in S3 for the account of whoever told them to. */
export interface ServiceObjects {
  /** Whether the account has such a bucket. */
  hasBucket(accountId: string, name: string): Promise<boolean>;
  /** Resolves with false where the account has no such bucket (any more). */
  put(accountId: string, object: DeliveredObject): Promise<boolean>;
  /** What such an object, or a copy of it, holds; undefined for what is not there, and for what S3 keeps in parts. */
  get(accountId: string, bucket: string, key: string): Promise<Uint8Array | undefined>;
}
