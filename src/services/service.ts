import type { WebsiteConfiguration } from "@aws-sdk/client-s3";
import type { HttpRequest } from "../aws/http-message.ts";
import type { AnyOperation } from "../aws/operations.ts";
import type { Principal } from "../aws/principal.ts";
import type { ProtocolService } from "../protocol/protocol.ts";
import type { Context, ServiceContext } from "./service-context.ts";

/** The code that a service emulates; imported when the service is first asked for, with the SDK's schemas. */
export interface ServiceModule {
  /** The SDK client's module: all schemas of the service, under their exported names. */
  readonly sdk: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, AnyOperation<Context>>>;
  readonly smallObjects?: SmallObjects;
}

/** A request from a page of another origin, which is not authenticated. */
export interface CrossOriginRequest {
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bucket?: string;
  readonly key?: string;
}

/** How a service answers browsers, by rules of its own (S3's CORS). Both resolve with headers of the answer. */
export interface CrossOrigin {
  /** For a preflight request (OPTIONS). @throws AwsError where it is refused */
  preflight(ctx: ServiceContext, request: CrossOriginRequest): Promise<Record<string, string>>;
  /** For any other request that has an `Origin`; also where its answer is an error. */
  headers(ctx: ServiceContext, request: CrossOriginRequest): Promise<Record<string, string>>;
}

/** A service whose resources are websites (S3's buckets). */
export interface Websites {
  /** @throws AwsError where there is no such bucket, or it is no website */
  configuration(ctx: ServiceContext, bucket: string): Promise<WebsiteConfiguration>;
}

/** An answer, as an access log has it. */
interface LoggedExchange {
  /** `1.1` */
  readonly httpVersion: string;
  /** Of the answer's body. */
  readonly bytesSent: number;
  /** Milliseconds from the arrival to the end of the answer. */
  readonly totalTime: number;
  /** Milliseconds from the end of the request to the beginning of the answer. */
  readonly turnAroundTime: number | undefined;
}

/** A request to a bucket, or a part of what it did, as the bucket's access log has it. */
export interface LoggedAccess {
  readonly bucket: string;
  readonly key: string | undefined;
  /** None where the service acts by itself. */
  readonly request: Omit<HttpRequest, "body"> | undefined;
  readonly requestId: string;
  /** None where it is none that the SDK knows; of a part, as the log calls it: `BATCH.DELETE.OBJECT`. */
  readonly operation: string | undefined;
  /** None where it is not known who asked. */
  readonly principal: Principal | undefined;
  readonly received: Date;
  readonly status: number | undefined;
  readonly errorCode: string | undefined;
  readonly objectSize: number | undefined;
  readonly versionId: string | undefined;
  /** None for a part. */
  readonly exchange: LoggedExchange | undefined;
}

/** Logs that a service keeps for its users of the requests to their resources (S3's server access logs). */
export interface AccessLog {
  /** Whether requests to a bucket are logged; `bucket` is called where any bucket's are. */
  logs(ctx: ServiceContext, bucket: () => string | undefined): boolean;
  add(ctx: ServiceContext, access: LoggedAccess): void;
}

/** What a read of an object is answered with, without looking anything up again. */
export interface SmallObject {
  /** Whose it is: nobody else is to have it so. */
  readonly accountId: string;
  /** Of the operation that reads it, without the body. */
  readonly output: object;
  /** Further members of the output, for who asks for them. */
  readonly checksum: object;
  /** Undefined, or ENOENT is thrown, where it has been deleted meanwhile or cannot be had at once. */
  read(): Uint8Array | undefined;
  /** Whether `read` would find its bytes. */
  isThere(): boolean;
}

/** A bucket of which nothing but its owner has to be known to delete what is in it. */
export interface PlainBucket {
  /** Whose it is: nobody else may delete here so. */
  readonly accountId: string;
  /**
   * Fulfilled after the commit: with false, and nothing is deleted, where the bucket has changed meanwhile. Undefined for a key that
   * the operation refuses.
   */
  delete(key: string): Promise<boolean> | undefined;
}

/** A service whose objects are read and deleted often (S3's). */
export interface SmallObjects {
  /** Undefined for what takes more than this. */
  find(ctx: ServiceContext, bucket: string, key: string): SmallObject | undefined;
  /** The same of a bucket that is deleted from. */
  deletesIn(ctx: ServiceContext, bucket: string): PlainBucket | undefined;
}

/** A service as the registry knows it before it is loaded. */
export interface Service extends ProtocolService {
  /** The name in ARNs and in the credential scope: `ec2`. */
  readonly name: string;
  load(): Promise<ServiceModule>;
  readonly crossOrigin?: CrossOrigin;
  readonly website?: Websites;
  readonly accessLog?: AccessLog;
  /** At start, before the first request: makes the rows agree with what really runs, and resumes what a crash cut off. */
  reconcile?(ctx: ServiceContext): Promise<void>;
  /** Before `reset` drops the rows: ends what runs outside the database. Must be quick where nothing runs. */
  reset?(ctx: ServiceContext): Promise<void>;
  /** At a graceful stop: cuts off background work that may take long and is resumed at the next start. */
  close?(ctx: ServiceContext): Promise<void>;
}
