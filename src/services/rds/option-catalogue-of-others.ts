import type { KnownOption, KnownSetting } from "./option-catalogue.ts";

// Options of engines that have no servers here: their groups can be made all the same.

const required = (name: string, description: string): KnownSetting => ({ name, description, isRequired: true });

const choice = (name: string, description: string, value: string, allowed: string): KnownSetting => ({
  ...{ name, description, value, allowed },
});

const encryptionModes = "ACCEPTED,REJECTED,REQUESTED,REQUIRED";
const encryptionTypes = "RC4_256,AES256,AES192,3DES168,RC4_128,AES128,3DES112,RC4_56,DES,RC4_40,DES40";
const checksumTypes = "SHA256,SHA384,SHA512,SHA1,MD5";
const enterprise = ["oracle-ee", "oracle-ee-cdb"];
const version19 = ["19"];

const apexVersions = ["24.1.v1", "23.2.v1", "23.1.v1", "22.2.v1", "22.1.v1", "21.2.v1", "21.1.v1", "20.2.v1"];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.Oracle.Options.html */
export const oracleOptions: readonly KnownOption[] = [
  { name: "APEX", description: "Oracle Application Express Runtime Environment", versions: apexVersions },
  {
    ...{ name: "APEX-DEV", description: "Oracle Application Express Development Environment" },
    dependsOn: ["APEX"],
  },
  {
    ...{ name: "EFS_INTEGRATION", description: "Amazon EFS integration" },
    settings: [
      required("EFS_ID", "The Amazon EFS file system"),
      choice("USE_IAM_ROLE", "Whether the role of the instance is used", "FALSE", "TRUE,FALSE"),
    ],
  },
  { name: "JVM", description: "Oracle Java Virtual Machine" },
  { name: "LOCATOR", description: "Oracle Locator", conflictsWith: ["SPATIAL"], majors: version19 },
  { name: "MULTIMEDIA", description: "Oracle Multimedia", dependsOn: ["JVM"], majors: version19 },
  {
    ...{ name: "NATIVE_NETWORK_ENCRYPTION", description: "Oracle Advanced Security - Native Network Encryption" },
    settings: [
      choice("SQLNET.ENCRYPTION_SERVER", "The encryption behavior of the server", "REQUESTED", encryptionModes),
      choice("SQLNET.ENCRYPTION_CLIENT", "The encryption behavior of clients", "REQUESTED", encryptionModes),
      choice(
        "SQLNET.CRYPTO_CHECKSUM_SERVER",
        "The data integrity behavior of the server",
        "REQUESTED",
        encryptionModes,
      ),
      choice("SQLNET.CRYPTO_CHECKSUM_CLIENT", "The data integrity behavior of clients", "REQUESTED", encryptionModes),
      choice("SQLNET.ENCRYPTION_TYPES_SERVER", "Encryption algorithms of the server", encryptionTypes, encryptionTypes),
      choice("SQLNET.ENCRYPTION_TYPES_CLIENT", "Encryption algorithms of clients", encryptionTypes, encryptionTypes),
      choice("SQLNET.CRYPTO_CHECKSUM_TYPES_SERVER", "Checksum algorithms of the server", checksumTypes, checksumTypes),
      choice("SQLNET.CRYPTO_CHECKSUM_TYPES_CLIENT", "Checksum algorithms of clients", checksumTypes, checksumTypes),
      choice("SQLNET.ALLOW_WEAK_CRYPTO", "Weak encryption of connections", "TRUE", "TRUE,FALSE"),
      choice("SQLNET.ALLOW_WEAK_CRYPTO_CLIENTS", "Clients with weak encryption", "TRUE", "TRUE,FALSE"),
    ],
  },
  { name: "OEM", description: "Oracle Enterprise Manager", port: 5500 },
  {
    ...{ name: "OEM_AGENT", description: "Oracle Management Agent", port: 3872 },
    versions: ["13.5.0.0.v1", "13.4.0.9.v1", "13.4.0.9.v2", "13.3.0.0.v2", "13.2.0.0.v3"],
    settings: [
      required("OMS_HOST", "The Oracle Management Service"),
      required("OMS_PORT", "The upload port of the Management Service"),
      required("AGENT_REGISTRATION_PASSWORD", "The password of the Management Agent"),
      choice("ALLOW_TLS_ONLY", "Whether only TLS is supported", "true", "true,false"),
      choice("MINIMUM_TLS_VERSION", "The lowest version of TLS", "TLSv1", "TLSv1,TLSv1.2"),
      choice("TLS_CIPHER_SUITE", "The cipher suite", "TLS_RSA_WITH_AES_128_CBC_SHA", ""),
    ],
  },
  { name: "OLAP", description: "Oracle OLAP", engines: enterprise },
  { name: "OLS", description: "Oracle Label Security", engines: enterprise, isPersistent: true, isPermanent: true },
  { name: "S3_INTEGRATION", description: "Amazon S3 integration", versions: ["1.0"] },
  { name: "SPATIAL", description: "Oracle Spatial", dependsOn: ["JVM"], conflictsWith: ["LOCATOR"] },
  {
    ...{ name: "SQLT", description: "Oracle SQLT", versions: ["2018-07-25.v1", "2018-03-31.v1", "2016-04-29.v1"] },
    settings: [choice("LICENSE_PACK", "The Oracle Management Packs that are licensed", "N", "T,D,N")],
  },
  {
    ...{ name: "SSL", description: "Oracle Secure Sockets Layer", port: 2484 },
    settings: [
      choice("SQLNET.SSL_VERSION", "The version of TLS", "1.0", "1.0,1.2,1.2 or 1.0"),
      { name: "SQLNET.CIPHER_SUITE", description: "The cipher suites", value: "SSL_RSA_WITH_AES_256_CBC_SHA" },
      choice("FIPS.SSLFIPS_140", "Whether FIPS 140 is enforced", "FALSE", "TRUE,FALSE"),
    ],
  },
  { name: "STATSPACK", description: "Oracle Statspack" },
  {
    ...{ name: "TDE", description: "Oracle Advanced Security - Transparent Data Encryption", engines: enterprise },
    ...{ isPersistent: true, isPermanent: true },
  },
  {
    ...{ name: "Timezone", description: "Change the system time zone of the database", isPersistent: true },
    isPermanent: true,
    settings: [{ name: "TIME_ZONE", description: "The time zone", value: "UTC" }],
  },
  { name: "UTL_MAIL", description: "Oracle UTL_MAIL", isPersistent: false },
];

const truth = "true,false";

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.SQLServer.Options.html */
export const sqlServerOptions: readonly KnownOption[] = [
  {
    ...{ name: "MSDTC", description: "Microsoft Distributed Transaction Coordinator", port: 5000 },
    engines: ["sqlserver-ee", "sqlserver-se", "sqlserver-web"],
    settings: [
      choice("AUTHENTICATION", "The authentication of transactions", "MUTUAL", "INCOMING,MUTUAL,NONE"),
      choice("ALLOW_UNAUTHENTICATED_SESSIONS", "", "false", truth),
      choice("ENABLE_INBOUND_CONNECTIONS", "Transactions from other hosts", "true", truth),
      choice("ENABLE_OUTBOUND_CONNECTIONS", "Transactions to other hosts", "true", truth),
      choice("ENABLE_SNA_LU_TRANSACTIONS", "SNA LU 6.2 transactions", "true", truth),
      choice("ENABLE_XA_TRANSACTIONS", "XA transactions", "false", truth),
      choice("TRANSACTION_LOG_RETENTION_MINUTES", "", "0", "0-1440"),
    ],
  },
  {
    ...{ name: "OLEDB_ORACLE", description: "Linked servers with Oracle OLEDB", versions: ["21.7", "21.16"] },
    engines: ["sqlserver-ee", "sqlserver-se"],
  },
  {
    ...{ name: "SQLSERVER_AUDIT", description: "SQL Server Audit" },
    settings: [
      required("IAM_ROLE_ARN", "The role that may write to the bucket"),
      required("S3_BUCKET_ARN", "The bucket, or a prefix in it, for completed audit logs"),
      choice("ENABLE_COMPRESSION", "Whether audit logs are compressed", "true", truth),
      choice("RETENTION_TIME", "Hours for which audit records are kept", "0", "0-840"),
    ],
  },
  {
    ...{ name: "SQLSERVER_BACKUP_RESTORE", description: "Native backup and restore" },
    settings: [required("IAM_ROLE_ARN", "The role that may read and write backups in S3")],
  },
  {
    ...{ name: "SSAS", description: "SQL Server Analysis Services", port: 2383 },
    engines: ["sqlserver-ee", "sqlserver-se"],
    majors: ["13.00", "14.00", "15.00", "16.00"],
    settings: [
      choice("MAX_MEMORY", "The share of memory that it may take", "45", "10-80"),
      choice("MODE", "The mode of the service", "Tabular", "Tabular,Multidimensional"),
    ],
  },
  {
    ...{ name: "SSIS", description: "SQL Server Integration Services" },
    engines: ["sqlserver-ee", "sqlserver-se"],
  },
  {
    ...{ name: "SSRS", description: "SQL Server Reporting Services", port: 8443 },
    engines: ["sqlserver-ee", "sqlserver-se"],
    settings: [
      choice("MAX_MEMORY", "The share of memory that it may take", "45", "10-80"),
      { name: "SSRS_EMAIL_SENDER_EMAIL_ADDRESS", description: "The sender of reports" },
      { name: "SSRS_EMAIL_SMTP_ENDPOINT", description: "The SMTP endpoint" },
      { name: "SSRS_EMAIL_SMTP_EMAIL_CREDENTIALS_SECRET_ARN", description: "The secret of the SMTP endpoint" },
      choice("SSRS_EMAIL_SMTP_USE_SSL", "Whether e-mails are sent encrypted", "true", truth),
    ],
  },
  {
    ...{ name: "TDE", description: "SQL Server Transparent Data Encryption", isPersistent: true },
    engines: ["sqlserver-ee", "sqlserver-se"],
  },
];

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Db2.Options.html */
export const db2Options: readonly KnownOption[] = [
  {
    ...{ name: "DB2_AUDIT", description: "Db2 Audit" },
    settings: [
      required("IAM_ROLE_ARN", "The role that may write to the bucket"),
      required("S3_BUCKET_ARN", "The bucket for audit logs"),
    ],
  },
];
