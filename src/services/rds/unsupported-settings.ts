import type { CreateDBInstanceMessage, DBSubnetGroup } from "@aws-sdk/client-rds";
import type { ServiceContext } from "../service-context.ts";
import { type Engine, engineFacts, majorOf } from "./engines.ts";
import { invalidParameterCombination, invalidParameterValue, networkTypeNotSupported, notEmulated } from "./errors.ts";

type RefusedRequest = Pick<
  CreateDBInstanceMessage,
  "EnableIAMDatabaseAuthentication" | "MasterUserAuthenticationType" | "Domain" | "DomainFqdn" | "MultiTenant"
>;

/** The engines whose servers take tokens. */
const takers = ["postgres", "aurora-postgresql", "mariadb", "mysql", "aurora-mysql"];

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
    throw notEmulated(`IAM database authentication of ${takesTokens ? "the master user" : "this engine"}`);
  }
  if (input.Domain || input.DomainFqdn) throw notEmulated("Membership in an Active Directory domain");
  if (input.MultiTenant === true) throw notEmulated("MultiTenant");
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
      `You tried to modify the character set, which isn't supported when creating an instance using version ${majorOf(engineVersion, engine)} of ${engine}.`,
    );
  }
  if (input.Timezone !== undefined) {
    throw invalidParameterCombination(`You can't specify a time zone when you create a DB instance running ${engine}.`);
  }
  if (input.TdeCredentialArn !== undefined) {
    throw invalidParameterCombination(`TdeCredentialArn is not supported for engine: ${engine}`);
  }
  const [feature] = input.ProcessorFeatures ?? [];
  if (feature !== undefined) {
    throw invalidParameterCombination(
      `The given ProcessorFeature ${feature.Name ?? ""} is unavailable for this DB instance class.`,
    );
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
      `You cannot use the log types '${unknown.join(", ")}' with engine version ${engine} ${engineVersion}. For supported log types, see the documentation.`,
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
