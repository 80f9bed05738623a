import { scramVerifier } from "./scram-verifier.ts";
import { identifier, superuser } from "./superuser-sql.ts";

interface MasterUser {
  readonly masterUsername: string;
  readonly masterPassword: string;
  readonly databaseName?: string;
}

/**
 * Makes the master user, which is no superuser (that could run programs beside the server) but `rds_superuser`'s member:
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html
 * One statement each.
 */
export function masterStatements(
  { masterUsername, masterPassword, databaseName }: MasterUser,
  majorVersion: number,
): string[] {
  const master = identifier(masterUsername);
  return [
    ...ownRoles.map((role) => `CREATE ROLE ${role} NOLOGIN`),
    ...grantedTo(majorVersion).map((role) => `GRANT ${role} TO rds_superuser WITH ADMIN OPTION`),
    // PostgreSQL goes by the attribute, where RDS's servers let members of rds_replication replicate.
    `CREATE ROLE ${master} LOGIN CREATEDB CREATEROLE REPLICATION PASSWORD '${scramVerifier(masterPassword)}' VALID UNTIL 'infinity'`,
    `GRANT rds_superuser TO ${master} WITH ADMIN OPTION`,
    // What RDS's rds.superuser_variables says. https://www.postgresql.org/docs/15/release-15.html
    ...(majorVersion >= 15 ? ["GRANT SET ON PARAMETER session_replication_role TO rds_superuser"] : []),
    `ALTER DATABASE postgres OWNER TO ${master}`,
    ...(databaseName === undefined || databaseName === "postgres"
      ? []
      : [`CREATE DATABASE ${identifier(databaseName)} OWNER ${master}`]),
  ];
}

/**
 * Before 16 whoever granted a role is written out as who did, whether it has the ADMIN OPTION by then or not, and 16 refuses that:
 * https://www.postgresql.org/docs/16/release-16.html. For a server whose roles are about to be written out.
 */
export const grantorsForDump = `UPDATE pg_auth_members SET grantor = (SELECT oid FROM pg_roles WHERE rolname = '${superuser}')
  WHERE current_setting('server_version_num')::int < 160000`;

/** RDS's, as pg_dumpall finds them there. Those that no password manager, domain or replica here looks at are there to be granted. */
const ownRoles = ["rds_superuser", "rds_iam", "rds_password", "rds_replication", "rds_ad"];

/** PostgreSQL's, by the major version from which on RDS's `rds_superuser` has them. */
const predefinedRoles: readonly (readonly [number, readonly string[]])[] = [
  [10, ["pg_monitor", "pg_signal_backend"]],
  [15, ["pg_checkpoint"]],
  [16, ["pg_create_subscription", "pg_use_reserved_connections", "pg_read_all_data", "pg_write_all_data"]],
  [17, ["pg_maintain"]],
];

function grantedTo(majorVersion: number): string[] {
  const predefined = predefinedRoles.filter(([since]) => majorVersion >= since).flatMap(([, roles]) => roles);
  return ["rds_iam", "rds_password", "rds_replication", ...predefined];
}
