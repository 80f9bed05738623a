/**
 * What an account may have in a region, by RDS's standing quotas, but for the instances and the clusters: RDS has 40 of each, and
 * more where an account asks for that. https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html
 */
export const quotas = {
  AllocatedStorage: 100_000,
  AuthorizationsPerDBSecurityGroup: 20,
  DBClusterParameterGroups: 50,
  DBClusters: 200,
  DBInstanceRoles: 5,
  DBInstances: 200,
  DBParameterGroups: 50,
  DBSecurityGroups: 25,
  DBSubnetGroups: 50,
  EventSubscriptions: 20,
  ManualClusterSnapshots: 100,
  ManualSnapshots: 100,
  OptionGroups: 20,
  ReadReplicasPerMaster: 15,
  ReservedDBInstances: 40,
  SubnetsPerDBSubnetGroup: 20,
};

/** The accounts that a manual snapshot may be shared with, which DescribeAccountAttributes does not say. */
export const mostSnapshotShares = 20;
