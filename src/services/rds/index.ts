import type { Service } from "../service.ts";

/**
 * RDS: DB instances with PostgreSQL, MariaDB and MySQL that really run, on a port of this machine, and clusters of them.
 *
 * **Gaps**
 * - Instances of engines other than `postgres`, `mariadb`, `mysql`, `aurora-postgresql` and `aurora-mysql` (their versions, options and
 *   groups are there), custom engine versions, and points in time of read replicas, whose automated backups are snapshots alone.
 * - Aurora: secondary clusters of `aurora-mysql` on real servers, replica clusters of instances, backtracking, cloning without a copy, serverless v1,
 *   write forwarding, activity streams, autoscaling of readers and of capacity.
 * - Blue/green deployments of Multi-AZ DB clusters, of members of global clusters, of instances with read replicas or IAM database
 *   authentication, and with another major engine version (but on the `records` runtime).
 * - Those parameters that are RDS's own, and those of MariaDB's families, have no descriptions; the latter are those of MariaDB 10.11.
 *   Those of MySQL's families are those of 9.7, with what earlier versions had besides: also those of 5.7 to 8.4 show 9.7's defaults
 *   and allowed values, where their own were others; the servers that run go by their own.
 * - Publications FOR ALL TABLES and event triggers of PostgreSQL, subscriptions before 16, and `session_replication_role` before 15: they
 *   take a superuser. The procedures of MySQL and MariaDB for GTIDs, delays and the Global Status History.
 * - Engine versions are upgraded to another server on the `records` runtime, in containers, and those of PostgreSQL and of
 *   `aurora-postgresql` on the `embedded` runtime; to another major not of instances that have read replicas or are such, and on the
 *   `embedded` runtime where there are `pg_dumpall` and `psql` on the machine: docs/decisions/0052-upgrades-in-containers.md.
 * - IAM database authentication of the master user, and of DB proxies that log in with secrets, and Active Directory domains are
 *   refused, but for the flag on the `records` runtime.
 *
 * **By design**
 * - Aurora's own parameters (`server_audit_logging`, `aws_default_s3_role`, `apg_ccm_enabled`) are checked, kept and given back; servers know nothing of them.
 * - Minor versions that AWS has can be asked for, whichever is installed, those of extended support too:
 *   docs/decisions/0054-engine-versions.md. On the `embedded`
 *   runtime a PostgreSQL 17 is there, and npm brings others, of 13 to 18, when they are first asked for, with the instance `creating` meanwhile.
 * - `Endpoint` is `localhost` and a port that stays the instance's own: the `Port` that its creation asks for, where that is free, or
 *   one from 4510 upwards: docs/decisions/0072-ports-of-databases.md. ModifyDBInstance moves it to `DBPortNumber`, where that is free
 *   on this machine. On the `records` runtime it is RDS's own port, which several may have.
 * - PostgreSQL's master user creates those of its own extensions that RDS has, as pg_stat_statements and postgres_fdw; others
 *   (PostGIS, pg_cron, pgaudit) are there where the image brings them. It replicates; members of `rds_replication` do where it gives
 *   them REPLICATION too: docs/decisions/0140-roles-of-the-master-user.md.
 * - Servers go by the parameters that were set in their groups, and keep their own defaults in place of RDS's. Of
 *   `shared_preload_libraries` they load those that come with PostgreSQL; `huge_pages` is not told them; of the
 *   `rds.` parameters `rds.logical_replication` and `rds.force_ssl` are carried out, and the others can be read.
 * - MariaDB and MySQL: docs/decisions/0019-mysql-engines.md. Parameters that the server that runs does not know are passed over;
 *   options of option groups are kept, and not carried out. Of the procedures of RDS (`mysql.rds_…`) there are those that end sessions,
 *   rotate logs, keep binlogs, warm caches and start or stop replicas: docs/decisions/0141-procedures-of-mysql.md.
 * - An Aurora cluster is one server, and its instances are ways to it: docs/decisions/0014-aurora-clusters.md. It has the size
 *   of its writer's class, or of the highest capacity.
 * - An Aurora cluster goes by its cluster parameter group, which it takes as instances take theirs, and not by its members' groups.
 * - RebootDBCluster, which RDS has for Multi-AZ DB clusters, restarts the server of an Aurora cluster too. Those of
 *   Aurora with `HttpEndpointEnabled` take SQL by the Data API (`rds-data`).
 * - `aurora-mysql` runs on MySQL, of the same major where there is that, which stands in for Aurora's versions. Multi-AZ DB clusters
 *   are one server with three members: docs/decisions/0050-clusters-of-mysql-and-of-rds.md.
 * - Secondary clusters of global clusters are of other region names at this endpoint, and follow the primary one by PostgreSQL's
 *   streaming replication. After a switchover or a failover the others are made anew from the cluster that writes.
 * - MultiAZ, StorageEncrypted, storage sizes, IOPS, monitoring, Performance Insights and log exports are kept and given
 *   back; one server runs, on this machine's disk.
 * - An instance is backed up when it is created, and when the start of its backup window has passed: at once where LocalAWS did
 *   not run then. It can be restored to any moment since the first of these backups: docs/decisions/0023-points-in-time.md. Of MariaDB and MySQL, whose
 *   binlogs count in seconds, to any second: docs/decisions/0044-binlogs.md.
 * - A snapshot is taken as that of a disk is: the server stands still for as long as its files are copied, and one that is
 *   restored begins with the recovery of a crash.
 * - Connections are encrypted where the client asks for it, and only then unless `rds.force_ssl` is set in the parameter group;
 *   its default of 1 is not in force
 *   (docs/decisions/0039-encryption-is-not-forced-by-default.md). One authority of the data folder, which `localaws rds ca` prints, vouches for `localhost`
 *   and its addresses under the names of all of RDS's authorities. MariaDB and MySQL obey
 *   `require_secure_transport`. Read-only endpoints of proxies take no encrypted connections.
 * - IAM database authentication, also of clusters, at each of their endpoints: members of `rds_iam`, and accounts of MariaDB
 *   and MySQL that are made with `AWSAuthenticationPlugin`, log in by the token of `generate-db-auth-token`, encrypted, whatever
 *   the policies say: docs/decisions/0038-iam-database-authentication.md and 0089-tokens-of-mysql.md.
 * - A DB proxy hands connections on as they are: it has no pool, reads no secrets, and asks for no TLS; with `DefaultAuthScheme`
 *   `IAM_AUTH` it takes tokens for its own address. It listens at port 5432,
 *   or 3306 of MySQL's family, of a loopback address of its own, 127.1.0.1 and so on, which is its `Endpoint`; where that cannot be, as on macOS without
 *   an alias for the address, it is `incompatible-network`.
 * - A read replica is a server that follows its source by PostgreSQL's streaming replication, or MariaDB's and MySQL's by binlogs; it takes no
 *   writes, whatever `read_only` in its group says. `StatusInfos` say `replicating` of each that is available.
 * - A read replica of a source in another region is one as any other: all regions are on this machine. `PreSignedUrl` is not looked at.
 * - Automated backups in another region are copies of the snapshots there, and the archive of the instance:
 *   docs/decisions/0115-backups-in-another-region.md.
 * - The green instance of a blue/green deployment is a read replica, which the switchover promotes and gives the name and the
 *   port of the blue one; clusters of Aurora are exchanged with their members: docs/decisions/0042-blue-green-deployments.md.
 * - Export tasks write Parquet files to S3 here: docs/decisions/0041-export-tasks.md. Neither the role nor the KMS key is looked up.
 * - DB security groups, and the roles of instances and clusters, are kept and not used. There are no tenant databases, integrations or
 *   shard groups to list.
 * - No maintenance action is ever pending, no instance is offered for reservation, nothing is recommended.
 * - The quotas that DescribeAccountAttributes says are in force, but for that of storage. There may be 200 instances and 200 clusters
 *   in a region, of which RDS lets an account have 40 until it asks for more.
 * - Event subscriptions are kept and checked; there is no SNS here that they could send to. Events are kept for 14 days, the
 *   last 10,000 of them.
 * - The master password is not kept, unless `ManageMasterUserPassword` puts it in a secret: docs/decisions/0024-managed-passwords.md.
 *   The server has its own hash of it. An instance whose creation was cut off by the end of LocalAWS is therefore `failed`,
 *   but on the `records` runtime, where it is made anew.
 * - A managed password is rotated every seven days: at the next start, where LocalAWS did not run then.
 * - `failed` instances whose data are there can be started, which RDS has no way to do.
 *
 * **Client quirks**
 * - Terraform's provider looks an instance up by its `dbi-resource-id`, and after a destroy waits for an empty answer. Where
 *   another has the `port` in its configuration it sees a change at each plan: leave `port` out there.
 * - Terraform's `aws_db_proxy_default_target_group` of 5.100 does not take `init_query` and `session_pinning_filters` away: it leaves them
 *   out of the request, which keeps them, as on AWS (hashicorp/terraform-provider-aws issue 49875).
 * - The SDKs' `db_instance_available` waiters ask every 30 s at first: give them a shorter delay.
 * - Version 1 of the aws CLI takes no notice of AWS_ENDPOINT_URL for `rds` in us-east-1 (it puts `rds.amazonaws.com` there,
 *   for an old name in that endpoint's certificate): give it `--endpoint-url`.
 */
export const rds: Service = {
  name: "rds",
  protocol: "awsQuery",
  apiVersion: "2014-10-31",
  xmlNamespace: "http://rds.amazonaws.com/doc/2014-10-31/",
  async load() {
    const [sdk, { operations }] = await Promise.all([import("@aws-sdk/client-rds"), import("./operations.ts")]);
    return { sdk, operations };
  },
  async reconcile(ctx) {
    const { reconcile } = await import("./reconcile.ts");
    await reconcile(ctx);
    const { scheduleMaintenance } = await import("./maintenance.ts");
    scheduleMaintenance(ctx);
  },
  async close(ctx) {
    const { endMaintenance } = await import("./maintenance.ts");
    endMaintenance(ctx);
    const { endExports } = await import("./export-run.ts");
    endExports(ctx);
    const { endRetries } = await import("./server-work.ts");
    endRetries(ctx);
  },
  async reset(ctx) {
    const { removeEverything } = await import("./db-instance-lifecycle.ts");
    await removeEverything(ctx);
  },
};
