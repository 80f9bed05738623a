import { AwsError } from "../aws/aws-error.ts";
import { s3ResourceType } from "../aws/s3-resource-types.ts";
import type { S3Address } from "./s3-addressing.ts";
import { membersOf, type OperationSchema, requiredCount } from "./schemas.ts";

/** What a request is about beside its bucket or key: `?acl`, `?uploadId=…`. */
interface SubResource {
  /** As errors name it: `BUCKETPOLICY`. */
  readonly type: string;
  /** By name. */
  readonly operations: Set<string>;
  readonly methods: Set<string>;
}

export interface FoundSubResource {
  /** The bucket alone, where the sub-resource is the bucket's and the path has a key. */
  readonly address: S3Address;
  /** @throws AwsError `MethodNotAllowed` for an operation that is not the sub-resource's, or none */
  require(operation: OperationSchema | undefined, method: string): void;
}

/** Of a bucket, and S3 finds them below a key too, which it takes no notice of: https://github.com/brekkylab/backlot/issues/267 */
const alsoBelowKeys = new Set([
  ...["accelerate", "cors", "inventory", "lifecycle", "location", "notification", "policy", "replication"],
  ...["requestPayment", "versioning", "website"],
]);

/** Of a bucket, and S3 refuses them below a key. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const notOfKeys = new Map<string, readonly [code: string, message: string]>([
  ["logging", ["NoLoggingStatusForKey", "There is no such thing as a logging status subresource for a key."]],
  ["uploads", ["InvalidRequest", "Key is not expected for the GET method ?uploads subresource"]],
  ["versions", ["InvalidRequest", "There is no such thing as the ?versions sub-resource for a key"]],
]);

/**
 * Finds the sub-resource of a request by its query, as S3 does before it looks at anything else: by the name alone, whatever its
 * value, and for every method. What names one never reads, writes or deletes the bucket or the object itself.
 */
export function compileSubResources(operations: Iterable<OperationSchema>) {
  const ofBuckets = new Map<string, SubResource>();
  const ofKeys = new Map<string, SubResource>();
  for (const operation of operations) addNames(operation, { ofBuckets, ofKeys });

  function resourceOf(name: string, isKey: boolean): SubResource | undefined {
    if (!isKey) return ofBuckets.get(name);
    const isBuckets = alsoBelowKeys.has(name) || notOfKeys.has(name);
    return ofKeys.get(name) ?? (isBuckets ? ofBuckets.get(name) : undefined);
  }

  /** Uploads are one resource to S3, although they are begun below a key and listed below a bucket. */
  function allowed(name: string, resource: SubResource): Iterable<string> {
    if (name !== "uploads") return resource.methods;
    return [ofBuckets, ofKeys].flatMap((resources) => [...(resources.get(name)?.methods ?? [])]);
  }

  /** @throws AwsError for two of them, and for a bucket's that S3 does not take below a key */
  return (method: string, address: S3Address, query: ReadonlyMap<string, string>): FoundSubResource | undefined => {
    const { bucket, key } = address;
    if (bucket === undefined || query.size === 0) return undefined;
    const isKey = key !== undefined;
    const [name, ...others] = [...query.keys()].filter((each) => resourceOf(each, isKey) !== undefined).sort();
    const resource = name === undefined ? undefined : resourceOf(name, isKey);
    if (name === undefined || resource === undefined) return undefined;
    if (others.length > 0) throw conflicting([name, ...others]);
    const refusal = isKey && ofBuckets.get(name)?.methods.has(method) === true ? notOfKeys.get(name) : undefined;
    if (refusal !== undefined) throw new AwsError(...refusal, 400);
    return {
      address: isKey && !ofKeys.has(name) ? { bucket } : address,
      require(operation, sent) {
        if (operation !== undefined && resource.operations.has(operation.name)) return;
        throw methodNotAllowed(sent, resource.type, allowed(name, resource));
      },
    };
  };
}

/**
 * A name of the URI (`?acl`), or the one parameter that all operations of an upload have to have. Directory buckets alone have
 * sessions; a part is a resource of its own.
 */
function addNames(
  operation: OperationSchema,
  { ofBuckets, ofKeys }: Record<"ofBuckets" | "ofKeys", Map<string, SubResource>>,
) {
  const [method = "", uri = ""] = operation.http ?? [];
  const [path = "", search = ""] = uri.split("?");
  if (path !== "/" && !path.startsWith("/{")) return;
  const parameters = membersOf(operation.input).slice(0, requiredCount(operation.input));
  const required = parameters.flatMap(({ traits }) => traits.httpQuery ?? []);
  const inUri = [...new URLSearchParams(search)].flatMap(([name, value]) => (value === "" ? [name] : []));
  const name = inUri[0] ?? (required.includes("uploadId") ? "uploadId" : undefined);
  if (name === undefined || name === "session") return;
  const resources = path === "/" ? ofBuckets : ofKeys;
  const resource = resources.get(name) ?? {
    type: s3ResourceType(operation.name),
    operations: new Set(),
    methods: new Set(),
  };
  resources.set(name, resource);
  resource.operations.add(operation.name);
  if (!required.includes("partNumber")) resource.methods.add(method);
}

/** In the order in which S3 lists methods: https://github.com/brekkylab/backlot/issues/312 */
const methodOrder = ["HEAD", "DELETE", "POST", "GET", "PUT"];

/** `type`: what S3 calls the resource that takes the methods `allowed`, and not `sent`. */
function methodNotAllowed(sent: string, type: string, allowed: Iterable<string>): AwsError {
  const methods = new Set(allowed);
  return new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405, {
    members: { Method: sent, ResourceType: type },
    headers: { allow: methodOrder.filter((method) => methods.has(method)).join(", ") },
  });
}

/** Of the account, a bucket or an object itself. */
export function notAllowed(method: string, { bucket, key }: S3Address): AwsError {
  // A bucket takes posted forms alone.
  if (method === "POST" && bucket !== undefined && key === undefined) {
    return new AwsError("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412, {
      members: { Condition: "Bucket POST must be of the enclosure-type multipart/form-data" },
    });
  }
  if (bucket === undefined) return methodNotAllowed(method, "SERVICE", ["GET"]);
  if (key === undefined) return methodNotAllowed(method, "BUCKET", ["HEAD", "DELETE", "POST", "GET", "PUT"]);
  return methodNotAllowed(method, "OBJECT", ["HEAD", "DELETE", "GET", "PUT"]);
}

function conflicting(names: readonly string[]): AwsError {
  const message = `Conflicting query string parameters: ${names.join(", ")}`;
  const members = { ArgumentName: "ResourceType", ArgumentValue: names[0] };
  return new AwsError("InvalidArgument", message, 400, { members });
}
