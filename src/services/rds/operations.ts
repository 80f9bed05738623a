import { absentResources } from "./absent-resources.ts";
import { accountFacts } from "./account-facts.ts";
import { blueGreenDeployments } from "./blue-green-deployments.ts";
import { certificates } from "./certificates.ts";
import { dbClusterAutomatedBackups } from "./db-cluster-automated-backups.ts";
import { dbClusterChanges } from "./db-cluster-changes.ts";
import { dbClusterEndpoints } from "./db-cluster-endpoints.ts";
import { dbClusterHttpEndpoints } from "./db-cluster-http-endpoints.ts";
import { dbClusterParameterGroups } from "./db-cluster-parameter-groups.ts";
import { dbClusterRestores } from "./db-cluster-restores.ts";
import { dbClusterRoles } from "./db-cluster-roles.ts";
import { dbClusterSnapshots } from "./db-cluster-snapshots.ts";
import { dbClusterStates } from "./db-cluster-states.ts";
import { dbClusters } from "./db-clusters.ts";
import { dbInstanceAutomatedBackups } from "./db-instance-automated-backups.ts";
import { dbInstanceBackupReplications } from "./db-instance-backup-replications.ts";
import { dbInstanceChanges } from "./db-instance-changes.ts";
import { dbInstancePointsInTime } from "./db-instance-points-in-time.ts";
import { dbInstanceRestores } from "./db-instance-restores.ts";
import { dbInstanceRoles } from "./db-instance-roles.ts";
import { dbInstanceStates } from "./db-instance-states.ts";
import { dbInstances } from "./db-instances.ts";
import { dbLogs } from "./db-logs.ts";
import { dbParameterGroups } from "./db-parameter-groups.ts";
import { dbProxies } from "./db-proxies.ts";
import { dbProxyEndpoints } from "./db-proxy-endpoints.ts";
import { dbProxyTargets } from "./db-proxy-targets.ts";
import { dbSecurityGroups } from "./db-security-groups.ts";
import { dbSnapshots } from "./db-snapshots.ts";
import { dbSubnetGroups } from "./db-subnet-groups.ts";
import { engineVersionDescriptions } from "./engine-version-descriptions.ts";
import { eventSubscriptions } from "./event-subscriptions.ts";
import { events } from "./events.ts";
import { exportTasks } from "./export-tasks.ts";
import { globalClusters } from "./global-clusters.ts";
import { maintenanceActions } from "./maintenance-actions.ts";
import { majorEngineVersions } from "./major-engine-versions.ts";
import { optionGroups } from "./option-groups.ts";
import { orderableOptions } from "./orderable-options.ts";
import { readReplicas } from "./read-replicas.ts";
import { reservedDbInstances } from "./reserved-db-instances.ts";
import { tags } from "./tags.ts";
import { validModifications } from "./valid-modifications.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = {
  ...absentResources,
  ...accountFacts,
  ...blueGreenDeployments,
  ...certificates,
  ...dbClusterAutomatedBackups,
  ...dbClusterChanges,
  ...dbClusterEndpoints,
  ...dbClusterHttpEndpoints,
  ...dbClusterRestores,
  ...dbClusterRoles,
  ...dbClusterSnapshots,
  ...dbClusterStates,
  ...dbClusters,
  ...dbInstances,
  ...dbInstanceStates,
  ...dbInstanceChanges,
  ...dbParameterGroups,
  ...dbClusterParameterGroups,
  ...dbInstanceAutomatedBackups,
  ...dbInstanceBackupReplications,
  ...dbInstancePointsInTime,
  ...dbInstanceRestores,
  ...dbInstanceRoles,
  ...dbLogs,
  ...dbProxies,
  ...dbProxyEndpoints,
  ...dbProxyTargets,
  ...dbSecurityGroups,
  ...dbSnapshots,
  ...dbSubnetGroups,
  ...engineVersionDescriptions,
  ...eventSubscriptions,
  ...events,
  ...exportTasks,
  ...maintenanceActions,
  ...majorEngineVersions,
  ...globalClusters,
  ...optionGroups,
  ...orderableOptions,
  ...readReplicas,
  ...reservedDbInstances,
  ...tags,
  ...validModifications,
};
