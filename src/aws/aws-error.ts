/** The one error class. `code`, `message` and `status` are AWS's own; what is no `AwsError` is a bug and answers 500. */
export class AwsError extends Error {
  readonly code: string;
  /** The HTTP status of the answer; 304 is sent without a body. */
  readonly status: number;
  /** Further members of the error's XML, such as S3's `BucketName`, in this order. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Further response headers, such as `x-amz-delete-marker`; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    status = 400,
    extra: { members?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, extra.cause === undefined ? undefined : { cause: extra.cause });
    this.name = "AwsError";
    this.code = code;
    this.status = status;
    this.members = extra.members ?? {};
    this.headers = extra.headers ?? {};
  }

  get fault(): "client" | "server" {
    return this.status >= 500 ? "server" : "client";
  }
}
