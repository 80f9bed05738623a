import type { CreateDBInstanceMessage, DBSubnetGroup } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { type Engine, engineFacts, isMysqlEngine } from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue, networkTypeNotSupported, notEmulated } from "./errors.ts";

type RefusedRequest = Pick<
  CreateDBInstanceMessage,
  "EnableIAMDatabaseAuthentication" | "MasterUserAuthenticationType" | "Domain" | "DomainFqdn" | "MultiTenant"
>;

/** The engines whose servers take tokens. */
const takers = ["postgres", "aurora-postgresql", "mariadb", "mysql"];

/**
 * Settings that would have to change what the server does, and don't: see the header of index.ts. `engine`: of an instance that
 * may take tokens; where nothing runs, nothing has to take them. @throws NotImplemented
 */
export function refuseNotEmulated(
  { databases }: Pick<ServiceContext, "databases">,
  input: RefusedRequest,
  engine?: string,
): void {
  const takesTokens =
    (engine !== undefined && takers.includes(engine)) ||
    databases.kind === "records" ||
    input.EnableIAMDatabaseAuthentication !== true;
  if (!takesTokens || input.MasterUserAuthenticationType === "iam-db-auth") {
    throw notEmulated(
      `IAM database authentication of ${takesTokens ? "the master user" : "this engine, or of clusters of it,"}`,
    );
  }
  if (input.Domain || input.DomainFqdn) throw notEmulated("Membership in an Active Directory domain");
  if (input.MultiTenant === true) throw notEmulated("MultiTenant");
}

/** The same of clusters: those of MySQL take no tokens. @throws NotImplemented */
export function refuseForClusters(
  ctx: Pick<ServiceContext, "databases">,
  input: RefusedRequest,
  engine: string | undefined,
): void {
  refuseNotEmulated(ctx, input, engine !== undefined && isMysqlEngine(engine) ? undefined : engine);
}

/** What RDS has for other engines alone, and the values of settings that have few. @throws InvalidParameterCombination, InvalidParameterValue */
export function refuseOfOtherEngines(
  input: Pick<
    CreateDBInstanceMessage,
    | ("BackupTarget" | "CharacterSetName" | "EngineLifecycleSupport" | "NcharCharacterSetName" | "ProcessorFeatures")
    | ("TdeCredentialArn" | "Timezone")
  >,
  engine: Engine,
  engineVersion: string,
): void {
  if (input.CharacterSetName !== undefined || input.NcharCharacterSetName !== undefined) {
    throw invalidParameterCombination(
      `Character sets not supported on create for engine: ${engine} and version${engineVersion}`,
    );
  }
  if (input.Timezone !== undefined) {
    throw invalidParameterCombination(
      `Timezone not supported on create for engine: ${engine} and version${engineVersion}`,
    );
  }
  if (input.TdeCredentialArn !== undefined) {
    throw invalidParameterCombination(`TdeCredentialArn is not supported for engine: ${engine}`);
  }
  if ((input.ProcessorFeatures ?? []).length > 0) {
    throw invalidParameterCombination(`Processor features are not supported for engine: ${engine}`);
  }
  const { BackupTarget = "region", EngineLifecycleSupport: support = "open-source-rds-extended-support" } = input;
  if (BackupTarget !== "region" && BackupTarget !== "outposts") {
    throw invalidParameterValue(`Invalid backup target: ${BackupTarget}`);
  }
  if (!/^open-source-rds-extended-support(?:-disabled)?$/.test(support)) {
    throw invalidParameterValue(`Invalid engine lifecycle support: ${support}`);
  }
}

/** @throws InvalidParameterCombination for a type that the engine does not write */
export function requireLogTypes(types: readonly string[], engine: Engine, engineVersion: string): string[] {
  const unknown = types.filter((type) => !engineFacts[engine].exportableLogs.includes(type));
  if (unknown.length > 0) {
    throw invalidParameterCombination(
      `You cannot use the log types '${unknown.join(", ")}' with engine version ${engine} ${engineVersion}. For more information, see the documentation.`,
    );
  }
  return [...new Set(types)];
}

/** @throws InvalidParameterValue, NetworkTypeNotSupported */
export function requireNetworkType(type: string | undefined, group: DBSubnetGroup): string {
  if (type === undefined || type === "IPV4") return "IPV4";
  if (type !== "DUAL") throw invalidParameterValue(`Invalid network type: ${type}`);
  if (group.SupportedNetworkTypes?.includes("DUAL")) return type;
  throw networkTypeNotSupported(
    `The network type DUAL isn't supported for the DB subnet group ${group.DBSubnetGroupName ?? ""}: its subnets have no IPv6 addresses.`,
  );
}
