import type { SourceType } from "@aws-sdk/client-rds";

/** What has events here: its categories and the kind that it has in ARNs, by the type of the source. */
export const eventSources: Readonly<
  Partial<Record<SourceType, { readonly arnKind: string; readonly categories: readonly string[] }>>
> = {
  "db-instance": {
    arnKind: "db",
    categories: [
      ...["availability", "backtrack", "backup", "configuration change", "creation", "deletion", "failover", "failure"],
      ...["low storage", "maintenance", "notification", "read replica", "recovery", "restoration", "security"],
      "security patching",
    ],
  },
  "db-security-group": { arnKind: "secgrp", categories: ["configuration change", "failure"] },
  "db-parameter-group": { arnKind: "pg", categories: ["configuration change"] },
  "db-snapshot": {
    arnKind: "snapshot",
    categories: ["creation", "deletion", "failure", "notification", "restoration"],
  },
  "db-cluster": {
    arnKind: "cluster",
    categories: [
      ...["configuration change", "creation", "deletion", "failover", "failure", "global failover", "maintenance"],
      ...["migration", "notification", "read replica", "serverless"],
    ],
  },
  "db-cluster-snapshot": { arnKind: "cluster-snapshot", categories: ["backup", "failure", "notification"] },
  "db-proxy": { arnKind: "db-proxy", categories: ["configuration change", "creation", "deletion", "failure"] },
  "blue-green-deployment": { arnKind: "deployment", categories: ["creation", "deletion", "failure", "notification"] },
};

/**
 * The events that there are here, with their category and message; `{}` stands for a value.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html
 */
export const eventMessages = {
  "RDS-EVENT-0001": ["backup", "Backing up DB instance"],
  "RDS-EVENT-0002": ["backup", "Finished DB Instance backup"],
  "RDS-EVENT-0003": ["deletion", "DB instance deleted"],
  "RDS-EVENT-0004": ["availability", "DB instance shutdown"],
  "RDS-EVENT-0005": ["creation", "DB instance created"],
  "RDS-EVENT-0006": ["availability", "DB instance restarted"],
  "RDS-EVENT-0011": ["configuration change", "Updated to use DBParameterGroup {}"],
  "RDS-EVENT-0012": ["configuration change", "Applying modification to database instance class"],
  "RDS-EVENT-0014": ["configuration change", "Finished applying modification to DB instance class"],
  "RDS-EVENT-0016": ["configuration change", "Reset master credentials"],
  "RDS-EVENT-0017": ["configuration change", "Finished applying modification to allocated storage"],
  "RDS-EVENT-0018": ["configuration change", "Applying modification to allocated storage"],
  "RDS-EVENT-0019": ["restoration", "Restored from DB instance {} to {}"],
  "RDS-EVENT-0024": ["configuration change", "Applying modification to convert to a Multi-AZ DB Instance"],
  "RDS-EVENT-0025": ["configuration change", "Finished applying modification to convert to a Multi-AZ DB Instance"],
  "RDS-EVENT-0028": ["configuration change", "Disabled automated backups"],
  "RDS-EVENT-0029": [
    "configuration change",
    "Finished applying modification to convert to a standard (Single-AZ) DB Instance",
  ],
  "RDS-EVENT-0030": ["configuration change", "Applying modification to convert to a standard (Single-AZ) DB Instance"],
  "RDS-EVENT-0031": [
    "failure",
    "DB instance put into {} state. RDS recommends that you initiate a point-in-time-restore.",
  ],
  "RDS-EVENT-0032": ["configuration change", "Enabled automated backups"],
  "RDS-EVENT-0035": ["failure", "Database instance put into {}. {}"],
  "RDS-EVENT-0036": ["failure", "Database instance in {}. {}"],
  "RDS-EVENT-0037": ["configuration change", "Updated parameter {} to {} with apply method {}"],
  "RDS-EVENT-0040": ["creation", "Creating manual snapshot"],
  "RDS-EVENT-0041": ["deletion", "Deleted user snapshot"],
  "RDS-EVENT-0042": ["creation", "Manual snapshot created"],
  "RDS-EVENT-0043": ["restoration", "Restored from snapshot {}"],
  "RDS-EVENT-0046": ["read replica", "Replication for the Read Replica resumed"],
  "RDS-EVENT-0047": ["maintenance", "Database instance patched"],
  "RDS-EVENT-0062": ["read replica", "Replication for the Read Replica has been manually stopped"],
  "RDS-EVENT-0067": ["configuration change", "Unable to reset your password. Error information: {}"],
  "RDS-EVENT-0013": ["failover", "Multi-AZ instance failover started."],
  "RDS-EVENT-0049": ["failover", "Multi-AZ instance failover completed"],
  "RDS-EVENT-0069": ["failover", "Cluster failover failed, check the health of your cluster instances and try again."],
  "RDS-EVENT-0071": ["failover", "Completed failover to DB instance: {}"],
  "RDS-EVENT-0072": ["failover", "Started same AZ failover to DB instance: {}"],
  "RDS-EVENT-0073": ["failover", "Started cross AZ failover to DB instance: {}"],
  "RDS-EVENT-0074": ["backup", "Creating manual cluster snapshot"],
  "RDS-EVENT-0075": ["backup", "Manual cluster snapshot created"],
  "RDS-EVENT-0078": ["configuration change", "Monitoring Interval changed to {}"],
  "RDS-EVENT-0087": ["notification", "DB instance stopped"],
  "RDS-EVENT-0088": ["notification", "DB instance started"],
  "RDS-EVENT-0090": ["creation", "Creating automated snapshot"],
  "RDS-EVENT-0091": ["creation", "Automated snapshot created"],
  "RDS-EVENT-0092": ["configuration change", "Finished updating DB parameter group"],
  "RDS-EVENT-0150": ["notification", "DB cluster stopped"],
  "RDS-EVENT-0151": ["notification", "DB cluster started"],
  "RDS-EVENT-0152": ["notification", "DB cluster stop failed"],
  "RDS-EVENT-0153": [
    "notification",
    "DB cluster is being started due to it exceeding the maximum allowed time being stopped.",
  ],
  "RDS-EVENT-0154": [
    "notification",
    "DB instance is being started due to it exceeding the maximum allowed time being stopped.",
  ],
  "RDS-EVENT-0168": ["backup", "Creating automated cluster snapshot"],
  "RDS-EVENT-0169": ["backup", "Automated cluster snapshot created"],
  "RDS-EVENT-0170": ["creation", "DB cluster created"],
  "RDS-EVENT-0171": ["deletion", "DB cluster deleted"],
  "RDS-EVENT-0172": ["notification", "Renamed cluster from {} to {}"],
  "RDS-EVENT-0173": ["maintenance", "Database cluster engine version has been upgraded."],
  "RDS-EVENT-0176": ["maintenance", "Database cluster engine major version has been upgraded."],
  "RDS-EVENT-0196": ["notification", "Started copy of snapshot {} in region {}"],
  "RDS-EVENT-0197": ["notification", "Finished copy of snapshot {} in region {}"],
  "RDS-EVENT-0203": ["creation", "RDS created DB proxy {}."],
  "RDS-EVENT-0204": ["configuration change", "RDS modified DB proxy {}."],
  "RDS-EVENT-0205": ["deletion", "RDS deleted DB proxy {}."],
  "RDS-EVENT-0206": ["creation", "RDS created endpoint {} for DB proxy {}."],
  "RDS-EVENT-0208": ["deletion", "RDS deleted endpoint {} for DB proxy {}."],
  "RDS-EVENT-0244": [
    "creation",
    "Blue/green deployment tasks completed. You can make more modifications to the green environment databases or switch over the deployment.",
  ],
  "RDS-EVENT-0245": ["failure", "Creation of blue/green deployment failed because {}."],
  "RDS-EVENT-0246": ["deletion", "Blue/green deployment deleted."],
  "RDS-EVENT-0247": ["notification", "Switchover from {} to {} started."],
  "RDS-EVENT-0248": ["notification", "Switchover completed on blue/green deployment."],
  "RDS-EVENT-0249": ["failure", "Switchover canceled on blue/green deployment."],
  "RDS-EVENT-0250": ["notification", "Switchover from primary/read replica {} to {} started."],
  "RDS-EVENT-0251": [
    "notification",
    "Switchover from primary/read replica {} to {} completed. Renamed {} to {} and {} to {}.",
  ],
  "RDS-EVENT-0252": ["failure", "Switchover from primary/read replica {} to {} was canceled due to {}."],
  "RDS-EVENT-0259": ["notification", "Switchover from DB cluster {} to {} started."],
  "RDS-EVENT-0260": ["notification", "Switchover from DB cluster {} to {} completed. Renamed {} to {} and {} to {}."],
  "RDS-EVENT-0261": ["failure", "Switchover from DB cluster {} to {} was canceled due to {}."],
  "RDS-EVENT-0270": [
    "maintenance",
    "The DB engine version upgrade failed. The engine version upgrade rollback succeeded.",
  ],
  "RDS-EVENT-0278": ["failure", "The DB instance creation failed. {}"],
} as const satisfies Readonly<Record<string, readonly [category: string, message: string]>>;

export type EventId = keyof typeof eventMessages;

/** Those of an event of `rds_events`. */
export function categoriesOf(eventId: string): string[] {
  const known: Readonly<Record<string, readonly [string, string]>> = eventMessages;
  const category = known[eventId]?.[0];
  return category === undefined ? [] : [category];
}
