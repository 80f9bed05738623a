export interface S3Record {
  readonly eventName: string;
  readonly eventVersion: string;
  readonly eventTime: string;
  readonly userIdentity: { readonly principalId: string };
  readonly requestParameters: { readonly sourceIPAddress: string };
  readonly responseElements: Record<string, string>;
  readonly s3: {
    readonly configurationId: string;
    readonly bucket: { readonly name: string; readonly ownerIdentity: { readonly principalId: string } };
    readonly object: Record<string, unknown> & { readonly key: string; readonly sequencer?: string };
  };
}

/** Any of the three kinds of message. */
export interface Message {
  readonly Records?: readonly S3Record[];
  readonly Event?: string;
  readonly Bucket?: string;
  readonly "detail-type"?: string;
  readonly resources?: readonly string[];
  readonly detail?: Record<string, unknown> & { readonly object: Record<string, unknown> };
}

export const QueueArn = "arn:aws:sqs:us-east-1:000000000000:queue";
