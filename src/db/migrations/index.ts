import type { Migration } from "kysely";
import * as s3 from "./0001-s3.ts";
import * as ec2 from "./0002-ec2.ts";
import * as rds from "./0003-rds.ts";
import * as sts from "./0004-sts.ts";
import * as s3History from "./0005-s3-history.ts";
import * as s3ObjectAcls from "./0010-s3-object-acls.ts";
import * as s3UploadConditions from "./0011-s3-upload-conditions.ts";
import * as ec2Vpc from "./0030-ec2-vpc.ts";
import * as ec2Ipam from "./0031-ec2-ipam.ts";
import * as ec2Compute from "./0050-ec2-compute.ts";
import * as ec2Storage from "./0065-ec2-storage.ts";
import * as rdsResources from "./0070-rds-resources.ts";
import * as s3Replications from "./0080-s3-replications.ts";
import * as rdsClusters from "./0085-rds-clusters.ts";
import * as rdsParameters from "./0090-rds-parameters.ts";
import * as rdsEvents from "./0091-rds-events.ts";
import * as ec2NetworkServices from "./0110-ec2-network-services.ts";
import * as secrets from "./0120-secrets.ts";
import * as s3SmallContents from "./0200-s3-small-contents.ts";
import * as s3Notifications from "./0210-s3-notifications.ts";
import * as ec2MoreFamilies from "./0230-ec2-more-families.ts";
import * as ec2TransitGateways from "./0231-ec2-transit-gateways.ts";
import * as ec2NetworkInsights from "./0232-ec2-network-insights.ts";
import * as ec2ClientVpn from "./0233-ec2-client-vpn.ts";
import * as rdsServerPorts from "./0240-rds-server-ports.ts";
import * as rdsSharedPorts from "./0250-rds-shared-ports.ts";
import * as ec2LaterFamilies from "./0580-ec2-later-families.ts";
import * as s3FewerIndexes from "./0581-s3-fewer-indexes.ts";
import * as ec2ReplacedRoots from "./0645-ec2-replaced-roots.ts";
import * as ec2TrunkInterfaces from "./0690-ec2-trunk-interfaces.ts";
import * as ec2StoredImages from "./0691-ec2-stored-images.ts";
import * as ec2DeregisteredImages from "./0783-ec2-deregistered-images.ts";

/**
 * Applied in the order of their names. A released migration is never changed: add one, with a number above all others,
 * as a data folder refuses one that belongs before what it has had.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-s3": s3,
  "0002-ec2": ec2,
  "0003-rds": rds,
  "0004-sts": sts,
  "0005-s3-history": s3History,
  "0010-s3-object-acls": s3ObjectAcls,
  "0011-s3-upload-conditions": s3UploadConditions,
  "0030-ec2-vpc": ec2Vpc,
  "0031-ec2-ipam": ec2Ipam,
  "0050-ec2-compute": ec2Compute,
  "0065-ec2-storage": ec2Storage,
  "0070-rds-resources": rdsResources,
  "0080-s3-replications": s3Replications,
  "0085-rds-clusters": rdsClusters,
  "0090-rds-parameters": rdsParameters,
  "0091-rds-events": rdsEvents,
  "0110-ec2-network-services": ec2NetworkServices,
  "0120-secrets": secrets,
  "0200-s3-small-contents": s3SmallContents,
  "0210-s3-notifications": s3Notifications,
  "0230-ec2-more-families": ec2MoreFamilies,
  "0231-ec2-transit-gateways": ec2TransitGateways,
  "0232-ec2-network-insights": ec2NetworkInsights,
  "0233-ec2-client-vpn": ec2ClientVpn,
  "0240-rds-server-ports": rdsServerPorts,
  "0250-rds-shared-ports": rdsSharedPorts,
  "0580-ec2-later-families": ec2LaterFamilies,
  "0581-s3-fewer-indexes": s3FewerIndexes,
  "0645-ec2-replaced-roots": ec2ReplacedRoots,
  "0690-ec2-trunk-interfaces": ec2TrunkInterfaces,
  "0691-ec2-stored-images": ec2StoredImages,
  "0783-ec2-deregistered-images": ec2DeregisteredImages,
};
