import { bucketAcls } from "./bucket-acls.ts";
import { bucketCors } from "./bucket-cors.ts";
import { bucketEncryption } from "./bucket-encryption.ts";
import { bucketLifecycle } from "./bucket-lifecycle.ts";
import { bucketNotifications } from "./bucket-notifications.ts";
import { bucketObjectLock } from "./bucket-object-lock.ts";
import { bucketOwnership } from "./bucket-ownership.ts";
import { bucketPolicy } from "./bucket-policy.ts";
import { bucketReplication } from "./bucket-replication.ts";
import { bucketReports } from "./bucket-reports.ts";
import { bucketSettings } from "./bucket-settings.ts";
import { bucketTags } from "./bucket-tags.ts";
import { bucketVersioning } from "./bucket-versioning.ts";
import { bucketWebsite } from "./bucket-website.ts";
import { buckets } from "./buckets.ts";
import { completeMultipartUpload } from "./complete-multipart-upload.ts";
import { copyObject } from "./copy-object.ts";
import { deleteObjects } from "./delete-objects.ts";
import { getObject } from "./get-object.ts";
import { listObjectVersions } from "./list-object-versions.ts";
import { listObjects } from "./list-objects.ts";
import { multipartUploads } from "./multipart-uploads.ts";
import { objectAcls } from "./object-acls.ts";
import { objectAttributes } from "./object-attributes.ts";
import { objectEncryptionUpdate } from "./object-encryption-update.ts";
import { objectRestore } from "./object-restore.ts";
import { objectRetention } from "./object-retention.ts";
import { objectTags } from "./object-tags.ts";
import { putObject } from "./put-object.ts";
import { sayingWhoPays } from "./request-payment.ts";
import { uploadParts } from "./upload-parts.ts";

/** Every emulated operation, gathered from the family files. */
export const operations = sayingWhoPays({
  ...buckets,
  ...bucketAcls,
  ...bucketCors,
  ...bucketEncryption,
  ...bucketLifecycle,
  ...bucketNotifications,
  ...bucketOwnership,
  ...bucketPolicy,
  ...bucketReplication,
  ...bucketReports,
  ...bucketSettings,
  ...bucketWebsite,
  ...bucketObjectLock,
  ...bucketTags,
  ...bucketVersioning,
  ...putObject,
  ...getObject,
  ...copyObject,
  ...deleteObjects,
  ...listObjects,
  ...listObjectVersions,
  ...objectAcls,
  ...objectAttributes,
  ...objectEncryptionUpdate,
  ...objectRestore,
  ...objectRetention,
  ...objectTags,
  ...multipartUploads,
  ...uploadParts,
  ...completeMultipartUpload,
});
