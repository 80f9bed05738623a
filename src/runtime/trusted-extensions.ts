/** Extensions of PostgreSQL's own that its control files let only a superuser create. None of them reaches files or programs of the machine. */
const trusted = [
  ...[
    "amcheck",
    "autoinc",
    "bloom",
    "dblink",
    "dict_xsyn",
    "earthdistance",
    "insert_username",
    "intagg",
    "moddatetime",
  ],
  ...["pg_buffercache", "pg_freespacemap", "pg_prewarm", "refint"],
  ...["pg_stat_statements", "pg_visibility", "pg_walinspect", "pgrowlocks", "pgstattuple", "postgres_fdw", "sslinfo"],
];

/**
 * What is added to files of PostgreSQL's extensions, a line each, so that the master user creates and uses those that
 * `rds_superuser` does on RDS: a trusted extension is created as the superuser's, by whoever may create something in the database.
 * https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-extensions.html,
 * https://www.postgresql.org/docs/17/extend-extensions.html
 */
export const extensionAdditions: Readonly<Record<string, string>> = {
  ...Object.fromEntries(trusted.map((name) => [`${name}.control`, "trusted = true"])),
  "postgres_fdw--1.0.sql": "GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO rds_superuser WITH GRANT OPTION;",
};
