import {
  AuthorizationAlreadyExistsFault$,
  AuthorizationNotFoundFault$,
  BlueGreenDeploymentAlreadyExistsFault$,
  BlueGreenDeploymentNotFoundFault$,
  CertificateNotFoundFault$,
  DBClusterAlreadyExistsFault$,
  DBClusterAutomatedBackupNotFoundFault$,
  DBClusterEndpointAlreadyExistsFault$,
  DBClusterEndpointNotFoundFault$,
  DBClusterNotFoundFault$,
  DBClusterParameterGroupNotFoundFault$,
  DBClusterQuotaExceededFault$,
  DBClusterRoleAlreadyExistsFault$,
  DBClusterRoleNotFoundFault$,
  DBClusterSnapshotAlreadyExistsFault$,
  DBClusterSnapshotNotFoundFault$,
  DBInstanceAlreadyExistsFault$,
  DBInstanceAutomatedBackupNotFoundFault$,
  DBInstanceNotFoundFault$,
  DBInstanceRoleAlreadyExistsFault$,
  DBInstanceRoleNotFoundFault$,
  DBLogFileNotFoundFault$,
  DBParameterGroupAlreadyExistsFault$,
  DBParameterGroupNotFoundFault$,
  DBParameterGroupQuotaExceededFault$,
  DBProxyAlreadyExistsFault$,
  DBProxyEndpointAlreadyExistsFault$,
  DBProxyEndpointNotFoundFault$,
  DBProxyNotFoundFault$,
  DBProxyTargetAlreadyRegisteredFault$,
  DBProxyTargetGroupNotFoundFault$,
  DBProxyTargetNotFoundFault$,
  DBSecurityGroupAlreadyExistsFault$,
  DBSecurityGroupNotFoundFault$,
  DBSecurityGroupQuotaExceededFault$,
  DBShardGroupNotFoundFault$,
  DBSnapshotAlreadyExistsFault$,
  DBSnapshotNotFoundFault$,
  DBSubnetGroupAlreadyExistsFault$,
  DBSubnetGroupDoesNotCoverEnoughAZs$,
  DBSubnetGroupNotFoundFault$,
  DBSubnetGroupQuotaExceededFault$,
  DBSubnetQuotaExceededFault$,
  EventSubscriptionQuotaExceededFault$,
  ExportTaskAlreadyExistsFault$,
  ExportTaskNotFoundFault$,
  GlobalClusterAlreadyExistsFault$,
  GlobalClusterNotFoundFault$,
  IamRoleNotFoundFault$,
  InstanceQuotaExceededFault$,
  IntegrationNotFoundFault$,
  InvalidBlueGreenDeploymentStateFault$,
  InvalidDBClusterAutomatedBackupStateFault$,
  InvalidDBClusterSnapshotStateFault$,
  InvalidDBClusterStateFault$,
  InvalidDBInstanceAutomatedBackupStateFault$,
  InvalidDBInstanceStateFault$,
  InvalidDBParameterGroupStateFault$,
  InvalidDBSecurityGroupStateFault$,
  InvalidDBSnapshotStateFault$,
  InvalidDBSubnetGroupStateFault$,
  InvalidExportOnlyFault$,
  InvalidExportSourceStateFault$,
  InvalidExportTaskStateFault$,
  InvalidGlobalClusterStateFault$,
  InvalidOptionGroupStateFault$,
  InvalidS3BucketFault$,
  InvalidSubnet$,
  NetworkTypeNotSupported$,
  OptionGroupAlreadyExistsFault$,
  OptionGroupNotFoundFault$,
  OptionGroupQuotaExceededFault$,
  PointInTimeRestoreNotEnabledFault$,
  ReservedDBInstanceNotFoundFault$,
  ReservedDBInstancesOfferingNotFoundFault$,
  ResourceNotFoundFault$,
  SharedSnapshotQuotaExceededFault$,
  SNSInvalidTopicFault$,
  SnapshotQuotaExceededFault$,
  SourceClusterNotSupportedFault$,
  SourceDatabaseNotSupportedFault$,
  SourceNotFoundFault$,
  SubscriptionAlreadyExistFault$,
  SubscriptionCategoryNotFoundFault$,
  SubscriptionNotFoundFault$,
} from "@aws-sdk/client-rds";
import { AwsError } from "../../aws/aws-error.ts";

type ModelledError = typeof DBInstanceNotFoundFault$;

/** Code and status as the SDK's model has them: `DBInstanceNotFoundFault` goes over the wire as `DBInstanceNotFound`, 404. */
function modelled(schema: ModelledError, message: string): AwsError {
  const [, , name, traits] = schema;
  const queryError: unknown = typeof traits === "object" ? traits.awsQueryError : undefined;
  const [code, status]: unknown[] = Array.isArray(queryError) ? queryError : [];
  return new AwsError(typeof code === "string" ? code : name, message, typeof status === "number" ? status : 400);
}

export const dbInstanceNotFound = (id: string) => modelled(DBInstanceNotFoundFault$, `DBInstance ${id} not found.`);

export const dbInstanceAlreadyExists = () => modelled(DBInstanceAlreadyExistsFault$, "DB instance already exists");

export const invalidDbInstanceState = (message: string) => modelled(InvalidDBInstanceStateFault$, message);

export const dbInstanceAutomatedBackupNotFound = (name: string) =>
  modelled(DBInstanceAutomatedBackupNotFoundFault$, `No automated backup was found for ${name}.`);

export const dbClusterAutomatedBackupNotFound = (name: string) =>
  modelled(DBClusterAutomatedBackupNotFoundFault$, `No automated backup was found for ${name}.`);

export const invalidDbClusterAutomatedBackupState = (message: string) =>
  modelled(InvalidDBClusterAutomatedBackupStateFault$, message);

export const invalidDbInstanceAutomatedBackupState = (message: string) =>
  modelled(InvalidDBInstanceAutomatedBackupStateFault$, message);

export const pointInTimeRestoreNotEnabled = (id: string) =>
  modelled(
    PointInTimeRestoreNotEnabledFault$,
    `Point in time restore is not enabled for ${id}: its backup retention period is 0.`,
  );

export const dbParameterGroupNotFound = (name: string, kind = "DBParameterGroup") =>
  modelled(DBParameterGroupNotFoundFault$, `${kind} not found: ${name}`);

export const dbSubnetGroupNotFound = (name: string) =>
  modelled(DBSubnetGroupNotFoundFault$, `DB subnet group '${name}' does not exist.`);

export const optionGroupNotFound = (name: string) =>
  modelled(OptionGroupNotFoundFault$, `Specified OptionGroupName: ${name} not found.`);

export const dbClusterNotFound = (id: string) => modelled(DBClusterNotFoundFault$, `DBCluster ${id} not found.`);

export const sourceDbClusterNotFound = (id: string) =>
  modelled(DBClusterNotFoundFault$, `The source cluster could not be found or cannot be accessed: ${id}`);

export const dbClusterAlreadyExists = () => modelled(DBClusterAlreadyExistsFault$, "DB Cluster already exists");

export const invalidDbClusterState = (message: string) => modelled(InvalidDBClusterStateFault$, message);

export const dbClusterRoleAlreadyExists = (message: string) => modelled(DBClusterRoleAlreadyExistsFault$, message);

export const dbClusterRoleNotFound = (message: string) => modelled(DBClusterRoleNotFoundFault$, message);

export const dbClusterSnapshotNotFound = (name: string) =>
  modelled(DBClusterSnapshotNotFoundFault$, `DBClusterSnapshot not found: ${name}`);

export const dbClusterSnapshotAlreadyExists = (name: string) =>
  modelled(
    DBClusterSnapshotAlreadyExistsFault$,
    `Cannot create the cluster snapshot because one with the identifier ${name} already exists.`,
  );

export const invalidDbClusterSnapshotState = (message: string) =>
  modelled(InvalidDBClusterSnapshotStateFault$, message);

export const dbClusterEndpointNotFound = (name: string) =>
  modelled(DBClusterEndpointNotFoundFault$, `DBClusterEndpoint ${name} not found.`);

export const dbClusterEndpointAlreadyExists = () =>
  modelled(DBClusterEndpointAlreadyExistsFault$, "DB Cluster Endpoint already exists");

export const globalClusterNotFound = (name: string) =>
  modelled(GlobalClusterNotFoundFault$, `Global cluster ${name} not found.`);

export const globalClusterAlreadyExists = (name: string) =>
  modelled(GlobalClusterAlreadyExistsFault$, `Global cluster ${name} already exists.`);

export const invalidGlobalClusterState = (message: string) => modelled(InvalidGlobalClusterStateFault$, message);

export const dbParameterGroupAlreadyExists = (name: string) =>
  modelled(DBParameterGroupAlreadyExistsFault$, `Parameter group ${name} already exists`);

export const dbClusterParameterGroupNotFound = (name: string) =>
  modelled(DBClusterParameterGroupNotFoundFault$, `DBClusterParameterGroup not found: ${name}`);

export const invalidDbParameterGroupState = (message: string) => modelled(InvalidDBParameterGroupStateFault$, message);

export const dbLogFileNotFound = (name: string) =>
  modelled(DBLogFileNotFoundFault$, `DBLog File: ${name}, is not found on the DB instance`);

export const dbSnapshotNotFound = (name: string) => modelled(DBSnapshotNotFoundFault$, `DBSnapshot ${name} not found.`);

export const dbSnapshotAlreadyExists = (name: string) =>
  modelled(
    DBSnapshotAlreadyExistsFault$,
    `Cannot create the snapshot because a snapshot with the identifier ${name} already exists.`,
  );

export const invalidDbSnapshotState = (message: string) => modelled(InvalidDBSnapshotStateFault$, message);

export const dbSubnetGroupAlreadyExists = (name: string) =>
  modelled(DBSubnetGroupAlreadyExistsFault$, `The DB subnet group '${name}' already exists.`);

export const dbSubnetGroupDoesNotCoverEnoughAZs = (zones: string) =>
  modelled(
    DBSubnetGroupDoesNotCoverEnoughAZs$,
    `The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: ${zones}. Add subnets to cover at least 2 AZs.`,
  );

export const invalidDbSubnetGroupState = (message: string) => modelled(InvalidDBSubnetGroupStateFault$, message);

export const networkTypeNotSupported = (message: string) => modelled(NetworkTypeNotSupported$, message);

export const invalidSubnet = (message: string) => modelled(InvalidSubnet$, message);

export const optionGroupAlreadyExists = (name: string) =>
  modelled(OptionGroupAlreadyExistsFault$, `An option group named ${name} already exists.`);

export const invalidOptionGroupState = (message: string) => modelled(InvalidOptionGroupStateFault$, message);

export const subscriptionNotFound = (name: string) =>
  modelled(SubscriptionNotFoundFault$, `Event Subscription ${name} does not exist.`);

export const subscriptionAlreadyExist = (name: string) =>
  modelled(SubscriptionAlreadyExistFault$, `Subscription already exists with name ${name}`);

export const subscriptionCategoryNotFound = (category: string, sourceType: string | undefined) =>
  modelled(
    SubscriptionCategoryNotFoundFault$,
    `Category : ${category} not found${sourceType === undefined ? "" : ` for source type ${sourceType}`}.`,
  );

export const eventSubscriptionQuotaExceeded = () =>
  modelled(EventSubscriptionQuotaExceededFault$, "Event subscription quota exceeded.");

export const sourceNotFound = (name: string) => modelled(SourceNotFoundFault$, `Source ${name} was not found.`);

export const snsInvalidTopic = (arn: string) => modelled(SNSInvalidTopicFault$, `Invalid SNS topic ARN: ${arn}`);

export const certificateNotFound = (name: string) =>
  modelled(CertificateNotFoundFault$, `Certificate ${name} not found.`);

export const resourceNotFound = (message: string) => modelled(ResourceNotFoundFault$, message);

export const reservedDbInstanceNotFound = (id: string) =>
  modelled(ReservedDBInstanceNotFoundFault$, `ReservedDBInstance ${id} not found.`);

export const reservedDbInstancesOfferingNotFound = (id: string) =>
  modelled(ReservedDBInstancesOfferingNotFoundFault$, `Offering ${id} not found.`);

export const dbProxyNotFound = (name: string) => modelled(DBProxyNotFoundFault$, `DBProxy ${name} not found.`);

export const dbProxyAlreadyExists = (name: string) =>
  modelled(DBProxyAlreadyExistsFault$, `DBProxy ${name} already exists.`);

export const dbProxyTargetGroupNotFound = (name: string) =>
  modelled(DBProxyTargetGroupNotFoundFault$, `DBProxyTargetGroup ${name} not found.`);

export const dbProxyTargetNotFound = (proxy: string) =>
  modelled(DBProxyTargetNotFoundFault$, `The DBProxy ${proxy} has no such target.`);

export const dbProxyTargetAlreadyRegistered = (proxy: string) =>
  modelled(DBProxyTargetAlreadyRegisteredFault$, `The DBProxy ${proxy} has a target already.`);

export const dbProxyEndpointNotFound = (name: string) =>
  modelled(DBProxyEndpointNotFoundFault$, `DBProxyEndpoint ${name} not found.`);

export const dbProxyEndpointAlreadyExists = (name: string) =>
  modelled(DBProxyEndpointAlreadyExistsFault$, `DBProxyEndpoint ${name} already exists.`);

export const exportTaskNotFound = (name: string) =>
  modelled(ExportTaskNotFoundFault$, `The export task ${name} doesn't exist.`);

export const exportTaskAlreadyExists = (name: string) =>
  modelled(ExportTaskAlreadyExistsFault$, `The export task with the ID ${name} already exists.`);

export const invalidExportOnly = (message: string) => modelled(InvalidExportOnlyFault$, message);

export const invalidExportSourceState = (message: string) => modelled(InvalidExportSourceStateFault$, message);

export const invalidExportTaskState = (message: string) => modelled(InvalidExportTaskStateFault$, message);

export const iamRoleNotFound = (arn: string) =>
  modelled(IamRoleNotFoundFault$, `The IAM role ${arn} doesn't exist or can't be assumed.`);

export const invalidS3Bucket = (name: string) =>
  modelled(InvalidS3BucketFault$, `The S3 bucket ${name} doesn't exist or can't be accessed.`);

export const blueGreenDeploymentNotFound = (id: string) =>
  modelled(BlueGreenDeploymentNotFoundFault$, `The blue/green deployment ${id} doesn't exist.`);

export const blueGreenDeploymentAlreadyExists = (name: string) =>
  modelled(BlueGreenDeploymentAlreadyExistsFault$, `A blue/green deployment named ${name} already exists.`);

export const invalidBlueGreenDeploymentState = (message: string) =>
  modelled(InvalidBlueGreenDeploymentStateFault$, message);

export const sourceClusterNotSupported = (message: string) => modelled(SourceClusterNotSupportedFault$, message);

export const sourceDatabaseNotSupported = (message: string) => modelled(SourceDatabaseNotSupportedFault$, message);

export const dbSecurityGroupNotFound = (name: string) =>
  modelled(DBSecurityGroupNotFoundFault$, `Security Group ${name} not found.`);

export const dbSecurityGroupAlreadyExists = (name: string) =>
  modelled(DBSecurityGroupAlreadyExistsFault$, `Security group ${name} already exists.`);

export const invalidDbSecurityGroupState = (message: string) => modelled(InvalidDBSecurityGroupStateFault$, message);

export const authorizationAlreadyExists = (name: string) =>
  modelled(AuthorizationAlreadyExistsFault$, `Authorization already exists for the security group ${name}.`);

export const authorizationNotFound = (name: string) =>
  modelled(AuthorizationNotFoundFault$, `Authorization not found for the security group ${name}.`);

export const dbInstanceRoleAlreadyExists = (message: string) => modelled(DBInstanceRoleAlreadyExistsFault$, message);

export const dbInstanceRoleNotFound = (message: string) => modelled(DBInstanceRoleNotFoundFault$, message);

export const instanceQuotaExceeded = () => modelled(InstanceQuotaExceededFault$, "DB Instance quota exceeded");

export const dbClusterQuotaExceeded = () => modelled(DBClusterQuotaExceededFault$, "DB Cluster quota exceeded");

export const snapshotQuotaExceeded = (most: number) =>
  modelled(SnapshotQuotaExceededFault$, `Cannot create more than ${most} manual snapshots`);

export const sharedSnapshotQuotaExceeded = (most: number) =>
  modelled(SharedSnapshotQuotaExceededFault$, `A manual snapshot can't be shared with more than ${most} accounts.`);

export const dbParameterGroupQuotaExceeded = () =>
  modelled(DBParameterGroupQuotaExceededFault$, "DB parameter group quota exceeded");

export const optionGroupQuotaExceeded = () => modelled(OptionGroupQuotaExceededFault$, "Option group quota exceeded");

export const dbSecurityGroupQuotaExceeded = () =>
  modelled(DBSecurityGroupQuotaExceededFault$, "DB security group quota exceeded");

export const dbSubnetGroupQuotaExceeded = () =>
  modelled(DBSubnetGroupQuotaExceededFault$, "DB subnet group quota exceeded");

export const dbSubnetQuotaExceeded = () =>
  modelled(DBSubnetQuotaExceededFault$, "Quota of subnets in a DB subnet group exceeded");

export const integrationNotFound = (id: string) => modelled(IntegrationNotFoundFault$, `Integration ${id} not found.`);

export const dbShardGroupNotFound = (id: string) =>
  modelled(DBShardGroupNotFoundFault$, `DBShardGroup ${id} not found.`);

// Errors common to all operations, which the model does not have:
// https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html

export const invalidParameterValue = (message: string) => new AwsError("InvalidParameterValue", message);

export const invalidParameterCombination = (message: string) => new AwsError("InvalidParameterCombination", message);

/** RDS's words for a member that its model does not require, but that this request needs. */
export const mustBeProvided = (parameter: string, kind: "blank" | "null" = "blank") =>
  invalidParameterValue(`The parameter ${parameter} must be provided and must not be ${kind}.`);

/** A part of an emulated operation that is not there: refused, so that no one counts on what would not happen. */
export const notEmulated = (what: string) =>
  new AwsError("NotImplemented", `${what} is not emulated by LocalAWS.`, 501);
