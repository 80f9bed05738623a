// Made by `npm run docs` from the JSON API's schemas: change those, not this.

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly creation_date: string | null;
}

export interface BucketList {
  readonly buckets: readonly Bucket[];
  readonly next_token: string | null;
}

export interface BucketPolicy {
  readonly policy: string;
}

export interface BucketSettings {
  readonly versioning: string | null;
  readonly policy: string | null;
  readonly policy_is_public: boolean;
  readonly public_access_block: PublicAccessBlock | null;
  readonly cors_rules: readonly Readonly<Record<string, unknown>>[];
  readonly lifecycle_rules: readonly Readonly<Record<string, unknown>>[];
}

export interface BucketVersioning {
  readonly status: "Enabled" | "Suspended";
}

export interface CompletedUpload {
  readonly key: string;
  readonly etag: string;
}

export interface ConsoleOutput {
  readonly output: string;
  readonly timestamp: string | null;
}

export interface CreatedKeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly public_key: string | null;
  readonly creation_date: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly private_key: string | null;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Database {
  readonly id: string;
  readonly status: string;
  readonly engine: string;
  readonly engine_version: string;
  readonly class: string;
  readonly allocated_storage: number;
  readonly cluster: string | null;
  readonly endpoint: {
    readonly address: string;
    readonly port: number;
  } | null;
  readonly username: string;
  readonly database: string;
  readonly connection: DatabaseConnection | null;
  readonly creation_date: string | null;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DatabaseCluster {
  readonly id: string;
  readonly status: string;
  readonly engine: string;
  readonly engine_version: string;
  readonly endpoint: string | null;
  readonly reader_endpoint: string | null;
  readonly port: number | null;
  readonly username: string;
  readonly database: string | null;
  readonly members: readonly DatabaseClusterMember[];
  readonly creation_date: string | null;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DatabaseClusterList {
  readonly db_clusters: readonly DatabaseCluster[];
  readonly next_token: string | null;
}

export interface DatabaseClusterMember {
  readonly id: string;
  readonly is_writer: boolean;
}

export interface DatabaseConnection {
  readonly url: string;
  readonly client: "psql" | "mysql";
  readonly command: string;
  readonly env: readonly string[];
}

export interface DatabaseList {
  readonly db_instances: readonly Database[];
  readonly next_token: string | null;
}

export interface DatabaseLog {
  readonly log: string;
}

export interface DatabaseQueryReply {
  readonly results: readonly DatabaseQueryResult[];
  readonly ms: number;
}

export interface DatabaseQueryResult {
  readonly command: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: string;
  }[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly row_count: number;
  readonly truncated: boolean;
}

export interface DatabaseRestoration {
  readonly db_instance_id: string;
  readonly class?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface DatabaseSnapshot {
  readonly id: string;
  readonly db_instance_id: string;
  readonly status: string;
  readonly type: string;
  readonly engine: string;
  readonly engine_version: string;
  readonly allocated_storage: number;
  readonly username: string;
  readonly creation_date: string | null;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface DatabaseSnapshotList {
  readonly db_snapshots: readonly DatabaseSnapshot[];
  readonly next_token: string | null;
}

export interface DatabaseWithPassword {
  readonly id: string;
  readonly status: string;
  readonly engine: string;
  readonly engine_version: string;
  readonly class: string;
  readonly allocated_storage: number;
  readonly cluster: string | null;
  readonly endpoint: {
    readonly address: string;
    readonly port: number;
  } | null;
  readonly username: string;
  readonly database: string;
  readonly connection: DatabaseConnection | null;
  readonly creation_date: string | null;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly password: string;
}

export interface DeletedObjects {
  readonly deleted: readonly string[];
  readonly errors: readonly {
    readonly key: string;
    readonly code: string;
    readonly message: string;
  }[];
}

export interface Image {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly architecture: string | null;
  readonly owner: string | null;
  readonly creation_date: string | null;
  readonly root_device_name: string | null;
}

export interface ImageList {
  readonly images: readonly Image[];
  readonly next_token: string | null;
}

export interface Instance {
  readonly id: string;
  readonly name: string | null;
  readonly state: string;
  readonly state_reason: string | null;
  readonly ami: string;
  readonly instance_type: string;
  readonly architecture: string | null;
  readonly key_name: string | null;
  readonly private_ip: string | null;
  readonly public_ip: string | null;
  readonly private_dns_name: string | null;
  readonly public_dns_name: string | null;
  readonly availability_zone: string | null;
  readonly vpc_id: string | null;
  readonly subnet_id: string | null;
  readonly launch_time: string | null;
  readonly security_groups: readonly {
    readonly id: string;
    readonly name: string;
  }[];
  readonly ssh_command: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface InstanceList {
  readonly instances: readonly Instance[];
  readonly next_token: string | null;
}

export interface InstanceStats {
  readonly time: string;
  readonly cpu_seconds: number | null;
  readonly memory_bytes: number | null;
}

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memory_mib: number;
  readonly architectures: readonly string[];
  readonly free_tier_eligible: boolean;
}

export interface InstanceTypeList {
  readonly instance_types: readonly InstanceType[];
  readonly next_token: string | null;
}

export interface KeyPair {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly fingerprint: string;
  readonly public_key: string | null;
  readonly creation_date: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface KeyPairList {
  readonly key_pairs: readonly KeyPair[];
  readonly next_token: string | null;
}

export interface KnownDatabasePassword {
  readonly password: string;
}

export interface LaunchedInstance {
  readonly id: string;
  readonly name: string | null;
  readonly state: string;
  readonly state_reason: string | null;
  readonly ami: string;
  readonly instance_type: string;
  readonly architecture: string | null;
  readonly key_name: string | null;
  readonly private_ip: string | null;
  readonly public_ip: string | null;
  readonly private_dns_name: string | null;
  readonly public_dns_name: string | null;
  readonly availability_zone: string | null;
  readonly vpc_id: string | null;
  readonly subnet_id: string | null;
  readonly launch_time: string | null;
  readonly security_groups: readonly {
    readonly id: string;
    readonly name: string;
  }[];
  readonly ssh_command: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly instances: readonly Instance[];
}

export interface LoggedRequest {
  readonly id: string;
  readonly time: string;
  readonly service: string;
  readonly operation: string | null;
  readonly region: string | null;
  readonly status: number;
  readonly code: string | null;
  readonly ms: number;
  readonly source: "aws" | "console";
  readonly input: Readonly<Record<string, unknown>> | null;
  readonly cli: string | null;
}

export interface NewBucket {
  readonly name: string;
  readonly region?: string;
}

export interface NewDatabase {
  readonly id: string;
  readonly engine?: string;
  readonly engine_version?: string;
  readonly class?: string;
  readonly allocated_storage?: number;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewDatabasePassword {
  readonly password?: string;
}

export interface NewDatabaseQuery {
  readonly sql: string;
  readonly password: string;
  readonly username?: string;
  readonly database?: string;
  readonly max_rows?: number;
}

export interface NewDatabaseSnapshot {
  readonly id: string;
  readonly db_instance_id: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewInstance {
  readonly ami: string;
  readonly instance_type?: string;
  readonly name?: string;
  readonly key_name?: string;
  readonly user_data?: string;
  readonly count?: number;
  readonly security_group_ids?: readonly string[];
  readonly subnet_id?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewKeyPair {
  readonly name: string;
  readonly type?: "ed25519" | "rsa";
  readonly public_key?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewSecurityGroup {
  readonly name: string;
  readonly description: string;
  readonly vpc_id?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewSecurityGroupRule {
  readonly direction?: "ingress" | "egress";
  readonly protocol?: string;
  readonly from_port?: number;
  readonly to_port?: number;
  readonly cidr?: string;
  readonly security_group_id?: string;
  readonly description?: string;
}

export interface NewSubnet {
  readonly vpc_id: string;
  readonly cidr: string;
  readonly availability_zone?: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewUpload {
  readonly key: string;
  readonly content_type?: string;
}

export interface NewVolume {
  readonly size?: number;
  readonly availability_zone?: string;
  readonly type?: string;
  readonly snapshot_id?: string;
  readonly encrypted?: boolean;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface NewVolumeAttachment {
  readonly instance_id: string;
  readonly device?: string;
}

export interface NewVpc {
  readonly cidr: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly last_modified: string | null;
  readonly storage_class: string;
}

export interface ObjectDeletion {
  readonly keys: readonly string[];
}

export interface ObjectList {
  readonly objects: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly next_token: string | null;
}

export interface ObjectMetadata {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly last_modified: string | null;
  readonly storage_class: string;
  readonly content_type: string;
  readonly cache_control: string | null;
  readonly content_disposition: string | null;
  readonly content_encoding: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ObjectVersion {
  readonly key: string;
  readonly version_id: string;
  readonly is_latest: boolean;
  readonly is_delete_marker: boolean;
  readonly size: number | null;
  readonly etag: string | null;
  readonly last_modified: string | null;
}

export interface ObjectVersionList {
  readonly versions: readonly ObjectVersion[];
  readonly next_token: string | null;
}

export interface PresignedLink {
  readonly url: string;
  readonly method: "GET" | "PUT";
  readonly expires_at: string;
}

export interface PresignedLinkRequest {
  readonly method?: "GET" | "PUT";
  readonly expires_in?: number;
  readonly disposition?: "inline" | "attachment";
  readonly version_id?: string;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly request_id: string;
  readonly errors?: readonly {
    readonly field: string;
    readonly message: string;
  }[];
  readonly position?: number;
  readonly hint?: string;
}

export interface PublicAccessBlock {
  readonly block_public_acls: boolean;
  readonly ignore_public_acls: boolean;
  readonly block_public_policy: boolean;
  readonly restrict_public_buckets: boolean;
}

export interface RequestList {
  readonly requests: readonly LoggedRequest[];
}

export interface RestoredVersion {
  readonly version_id: string | null;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vpc_id: string | null;
  readonly rules: readonly SecurityGroupRule[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface SecurityGroupList {
  readonly security_groups: readonly SecurityGroup[];
  readonly next_token: string | null;
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly direction: "ingress" | "egress";
  readonly protocol: string;
  readonly from_port: number | null;
  readonly to_port: number | null;
  readonly cidr: string | null;
  readonly security_group_id: string | null;
  readonly prefix_list_id: string | null;
  readonly description: string | null;
}

export interface Session {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
}

export interface Subnet {
  readonly id: string;
  readonly name: string | null;
  readonly vpc_id: string;
  readonly cidr: string;
  readonly availability_zone: string;
  readonly available_addresses: number;
  readonly gives_public_addresses: boolean;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface SubnetList {
  readonly subnets: readonly Subnet[];
  readonly next_token: string | null;
}

export interface Ticket {
  readonly ticket: string;
  readonly expires_in: number;
}

export interface TicketRequest {
  readonly path: string;
}

export interface Upload {
  readonly upload_id: string;
  readonly key: string;
}

export interface UploadCompletion {
  readonly key: string;
  readonly parts: readonly UploadedPart[];
}

export interface UploadedObjects {
  readonly objects: readonly {
    readonly key: string;
    readonly size: number;
    readonly etag: string;
    readonly content_type: string | null;
  }[];
}

export interface UploadedPart {
  readonly part_number: number;
  readonly etag: string;
}

export interface VersionToRestore {
  readonly key: string;
  readonly version_id: string;
}

export interface Volume {
  readonly id: string;
  readonly name: string | null;
  readonly state: string;
  readonly size: number;
  readonly type: string;
  readonly iops: number | null;
  readonly encrypted: boolean;
  readonly availability_zone: string;
  readonly snapshot_id: string | null;
  readonly creation_date: string | null;
  readonly attachments: readonly VolumeAttachment[];
  readonly tags: Readonly<Record<string, string>>;
}

export interface VolumeAttachment {
  readonly instance_id: string;
  readonly device: string;
  readonly state: string;
  readonly delete_on_termination: boolean;
}

export interface VolumeList {
  readonly volumes: readonly Volume[];
  readonly next_token: string | null;
}

export interface Vpc {
  readonly id: string;
  readonly name: string | null;
  readonly cidr: string;
  readonly ipv6_cidrs: readonly string[];
  readonly is_default: boolean;
  readonly state: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface VpcList {
  readonly vpcs: readonly Vpc[];
  readonly next_token: string | null;
}
