import type * as S3 from "@aws-sdk/client-s3";
import type { AwsError } from "../../aws/aws-error.ts";
import { ownValue } from "../../aws/own-value.ts";
import {
  accessDenied,
  invalidArgument,
  invalidRequest,
  malformedAclError,
  methodNotAllowed,
  unexpectedContent,
} from "./errors.ts";

/** What a request for a list, or for what gets one, may say of it. */
export type AclInput = Partial<
  Pick<
    S3.PutObjectAclRequest,
    "ACL" | "AccessControlPolicy" | "GrantFullControl" | "GrantRead" | "GrantReadACP" | "GrantWrite" | "GrantWriteACP"
  >
>;

/** What a list is of: canonical ids of its owner and of the bucket's. */
interface Listed {
  readonly kind: "bucket" | "object";
  readonly ownerId: string;
  readonly bucketOwnerId: string;
}

const groups = "http://acs.amazonaws.com/groups/";
const allUsers = `${groups}global/AllUsers`;
const authenticatedUsers = `${groups}global/AuthenticatedUsers`;
const logDelivery = `${groups}s3/LogDelivery`;
/** EC2, which reads images from S3. */
const ec2Id = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c";

type Granted = readonly [grantee: string, permission: S3.Permission];

/** What each canned ACL grants beside the owner's full control; those of the bucket's owner mean nothing for a bucket. */
const canned: Readonly<Record<string, readonly Granted[]>> = {
  private: [],
  "public-read": [[allUsers, "READ"]],
  "public-read-write": [
    [allUsers, "READ"],
    [allUsers, "WRITE"],
  ],
  "authenticated-read": [[authenticatedUsers, "READ"]],
  "aws-exec-read": [[ec2Id, "READ"]],
  "bucket-owner-read": [["bucket owner", "READ"]],
  "bucket-owner-full-control": [["bucket owner", "FULL_CONTROL"]],
};

const cannedOfBuckets: typeof canned = {
  ...canned,
  "log-delivery-write": [
    [logDelivery, "WRITE"],
    [logDelivery, "READ_ACP"],
  ],
};

/**
 * The grants that a request asks for: by a canned ACL, by headers or by a document. Undefined where it asks for none.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 */
export function requestedGrants(input: AclInput, listed: Listed): S3.Grant[] | undefined {
  const headers = [
    ["READ", input.GrantRead],
    ["WRITE", input.GrantWrite],
    ["READ_ACP", input.GrantReadACP],
    ["WRITE_ACP", input.GrantWriteACP],
    ["FULL_CONTROL", input.GrantFullControl],
  ] as const;
  const granted = headers.flatMap(([permission, header]) => headerGrants(permission, header));
  const { ACL, AccessControlPolicy } = input;
  if (ACL !== undefined && granted.length > 0) {
    throw invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed");
  }
  if ((ACL !== undefined || granted.length > 0) && AccessControlPolicy !== undefined) throw unexpectedContent();
  if (ACL !== undefined) return cannedGrants(ACL, listed);
  if (granted.length > 0) return granted;
  return AccessControlPolicy === undefined ? undefined : documentGrants(AccessControlPolicy, listed.ownerId);
}

function cannedGrants(name: string, { kind, ownerId, bucketOwnerId }: Listed): S3.Grant[] {
  const known = kind === "bucket" ? cannedOfBuckets : canned;
  const grants = ownValue(known, name);
  if (grants === undefined) throw invalidArgument("", "x-amz-acl", name);
  const others = grants.map(([grantee, Permission]): S3.Grant => {
    if (grantee.startsWith(groups)) return { Grantee: { URI: grantee, Type: "Group" }, Permission };
    const ID = grantee === "bucket owner" ? bucketOwnerId : grantee;
    return { Grantee: { ID, Type: "CanonicalUser" }, Permission };
  });
  return [
    { Grantee: { ID: ownerId, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" },
    ...others.filter(({ Grantee }) => Grantee?.ID !== ownerId),
  ];
}

/** `id="…", uri="…"` */
function headerGrants(Permission: S3.Permission, header: string | undefined): S3.Grant[] {
  if (header === undefined || header === "") return [];
  return header.split(",").map((part) => {
    const [, kind = "", value = ""] = /^\s*(\w+)\s*=\s*"?([^"]*?)"?\s*$/.exec(part) ?? [];
    switch (kind.toLowerCase()) {
      case "id":
        return { Grantee: validGrantee({ ID: value, Type: "CanonicalUser" }, { ID: "id", URI: "uri" }), Permission };
      case "uri":
        return { Grantee: validGrantee({ URI: value, Type: "Group" }, { ID: "id", URI: "uri" }), Permission };
      case "emailaddress":
        throw emailGrantee();
      default:
        throw invalidArgument("Argument format not recognized", `x-amz-grant-${headerName(Permission)}`, header);
    }
  });
}

function headerName(permission: S3.Permission): string {
  return permission.toLowerCase().replace("_", "-");
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping */
const maxGrants = 100;
const permissions: readonly string[] = ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"];

function documentGrants({ Owner, Grants }: S3.AccessControlPolicy, ownerId: string): S3.Grant[] {
  if (Owner?.ID === undefined || Grants === undefined) throw malformedAclError();
  if (!isCanonicalId(Owner.ID)) throw invalidArgument("Invalid id", inDocument.ID, Owner.ID);
  // The owner of a thing is not changed by its list.
  if (Owner.ID !== ownerId) throw accessDenied();
  if (Grants.length > maxGrants) throw malformedAclError();
  return Grants.map(({ Grantee, Permission }) => {
    if (Grantee === undefined || Permission === undefined || !permissions.includes(Permission)) {
      throw malformedAclError();
    }
    return { Grantee: validGrantee(Grantee), Permission };
  });
}

/** Where a grantee is named, as errors say it. */
const inDocument = { ID: "CanonicalUser/ID", URI: "Group/URI" };

function isCanonicalId(id: string): boolean {
  return /^(?:[0-9a-f]{32}){1,2}$/.test(id);
}

/** Whether an account has that id is not looked at. */
export function validGrantee({ Type, ID, URI }: S3.Grantee, names = inDocument): S3.Grantee {
  if (Type === "AmazonCustomerByEmail") throw emailGrantee();
  if (Type === "Group") {
    if (URI === undefined) throw malformedAclError();
    if (![allUsers, authenticatedUsers, logDelivery].includes(URI)) {
      throw invalidArgument("Invalid group uri", names.URI, URI);
    }
    return { URI, Type };
  }
  if (Type !== "CanonicalUser") throw malformedAclError();
  if (!isCanonicalId(ID ?? "")) throw invalidArgument("Invalid id", names.ID, ID);
  return { ID, Type };
}

/** S3 has taken none since October 2025. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html */
function emailGrantee(): AwsError {
  return methodNotAllowed({ Method: "PUT", ResourceType: "ACL" });
}

export function isPublicGrant({ Grantee }: S3.Grant): boolean {
  return Grantee?.URI === allUsers || Grantee?.URI === authenticatedUsers;
}

/** Whether a list lets somebody do what takes a permission; `id` is none for an anonymous caller. */
export function isGranted(grants: readonly S3.Grant[], permission: S3.Permission, id: string | undefined): boolean {
  return grants.some(({ Grantee, Permission }) => {
    if (Permission !== permission && Permission !== "FULL_CONTROL") return false;
    if (Grantee?.URI === allUsers) return true;
    return id !== undefined && (Grantee?.ID === id || Grantee?.URI === authenticatedUsers);
  });
}

const bucketPermissions: Readonly<Record<string, S3.Permission>> = {
  "s3:ListBucket": "READ",
  "s3:ListBucketVersions": "READ",
  "s3:ListBucketMultipartUploads": "READ",
  "s3:PutObject": "WRITE",
  "s3:DeleteObject": "WRITE",
  "s3:GetBucketAcl": "READ_ACP",
  "s3:PutBucketAcl": "WRITE_ACP",
};

const objectPermissions: Readonly<Record<string, S3.Permission>> = {
  "s3:GetObject": "READ",
  "s3:GetObjectVersion": "READ",
  "s3:GetObjectAcl": "READ_ACP",
  "s3:GetObjectVersionAcl": "READ_ACP",
  "s3:PutObjectAcl": "WRITE_ACP",
  "s3:PutObjectVersionAcl": "WRITE_ACP",
};

/** What of a list an action takes, and of whose; none for what only policies can allow. */
export function permissionFor(action: string): { of: Listed["kind"]; permission: S3.Permission } | undefined {
  const ofBucket = bucketPermissions[action];
  if (ofBucket !== undefined) return { of: "bucket", permission: ofBucket };
  const ofObject = objectPermissions[action];
  return ofObject && { of: "object", permission: ofObject };
}
