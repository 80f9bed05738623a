/** A resource: what it is looked up by, and the SDK's own shape of it as JSON. */
export interface Ec2Resource {
  id: string;
  account_id: string;
  region: string;
  /** When it was made, and its place among those made together: the order of every listing. */
  sort_key: string;
  data: string;
}

interface VpcResource extends Ec2Resource {
  vpc_id: string;
}

interface Ec2Tag {
  account_id: string;
  region: string;
  resource_id: string;
  resource_type: string;
  key: string;
  value: string;
}

/** An account's region that has been given its default VPC; the VPC itself may have been deleted since. */
interface Ec2InitializedRegion {
  account_id: string;
  region: string;
}

/** What a request with a `ClientToken` made, for its repetition. */
interface Ec2ClientToken {
  account_id: string;
  region: string;
  operation: string;
  token: string;
  /** Of the request's parameters. */
  fingerprint: string;
  /** A JSON list of resource ids. */
  resource_ids: string;
}

export interface Ec2ResourceTables {
  instances: Ec2Resource & {
    state: string;
    reservation_id: string;
    image_id: string;
    instance_type: string;
    vpc_id: string | null;
    subnet_id: string | null;
    private_ip_address: string | null;
    /** ISO 8601; an hour later the instance vanishes. */
    terminated_at: string | null;
  };
  ec2_key_pairs: Ec2Resource & { key_name: string };
  ec2_volumes: Ec2Resource & { instance_id: string | null };
  ec2_network_interfaces: VpcResource & {
    subnet_id: string;
    private_ip_address: string;
    /** The one of the subnet's block, where the runtime gave another. */
    assigned_ip_address: string;
    instance_id: string | null;
    /** Secondary and IPv6 addresses and prefixes, with spaces between them. */
    other_addresses: string | null;
  };
  ec2_security_groups: VpcResource & { group_name: string };
  ec2_security_group_rules: Ec2Resource & { group_id: string };
  ec2_vpcs: Ec2Resource;
  ec2_subnets: VpcResource;
  ec2_route_tables: VpcResource;
  ec2_network_acls: VpcResource;
  ec2_images: Ec2Resource & { name: string };
  ec2_internet_gateways: Ec2Resource;
  ec2_dhcp_options: Ec2Resource;
  ec2_addresses: Ec2Resource & {
    public_ip: string;
    network_interface_id: string | null;
    association_id: string | null;
  };
  ec2_carrier_gateways: VpcResource;
  ec2_customer_gateways: Ec2Resource;
  ec2_egress_only_internet_gateways: Ec2Resource;
  ec2_flow_logs: Ec2Resource;
  ec2_ipam_pools: Ec2Resource;
  ec2_ipam_scopes: Ec2Resource;
  ec2_ipams: Ec2Resource;
  ec2_managed_prefix_lists: Ec2Resource;
  ec2_nat_gateways: VpcResource;
  ec2_network_interface_permissions: Ec2Resource & { network_interface_id: string };
  ec2_security_group_vpc_associations: VpcResource & { group_id: string };
  ec2_snapshots: Ec2Resource & { volume_id: string };
  ec2_subnet_cidr_reservations: Ec2Resource & { subnet_id: string };
  ec2_transit_gateway_attachments: Ec2Resource & { transit_gateway_id: string };
  ec2_transit_gateway_route_tables: Ec2Resource & { transit_gateway_id: string };
  ec2_transit_gateways: Ec2Resource;
  ec2_vpc_endpoint_services: Ec2Resource;
  ec2_vpc_endpoints: VpcResource;
  ec2_vpc_peering_connections: Ec2Resource;
  ec2_vpn_connections: Ec2Resource;
  ec2_vpn_gateways: Ec2Resource;
  ec2_capacity_reservation_fleets: Ec2Resource;
  ec2_capacity_reservations: Ec2Resource;
  ec2_fleets: Ec2Resource;
  ec2_hosts: Ec2Resource;
  ec2_iam_instance_profile_associations: Ec2Resource & { instance_id: string };
  ec2_instance_event_windows: Ec2Resource;
  ec2_launch_template_versions: Ec2Resource & { launch_template_id: string };
  ec2_launch_templates: Ec2Resource & { launch_template_name: string };
  ec2_placement_groups: Ec2Resource & { group_name: string };
  ec2_spot_fleet_requests: Ec2Resource;
  ec2_spot_instance_requests: Ec2Resource & { instance_id: string | null };
  ec2_fast_snapshot_restores: Ec2Resource & { snapshot_id: string };
  ec2_instance_connect_endpoints: Ec2Resource & { subnet_id: string };
  ec2_traffic_mirror_filter_rules: Ec2Resource & { traffic_mirror_filter_id: string };
  ec2_traffic_mirror_filters: Ec2Resource;
  ec2_traffic_mirror_sessions: Ec2Resource;
  ec2_traffic_mirror_targets: Ec2Resource;
  ec2_vpc_block_public_access_exclusions: Ec2Resource;
  ec2_client_vpn_endpoints: Ec2Resource;
  ec2_network_insights_analyses: Ec2Resource;
  ec2_network_insights_paths: Ec2Resource;
  ec2_transit_gateway_connect_peers: Ec2Resource;
  ec2_transit_gateway_multicast_domains: Ec2Resource;
  ec2_transit_gateway_policy_tables: Ec2Resource;
  ec2_vpc_endpoint_connection_notifications: Ec2Resource;
  ec2_route_servers: Ec2Resource;
  ec2_route_server_endpoints: Ec2Resource;
  ec2_route_server_peers: Ec2Resource;
  ec2_ipam_resource_discoveries: Ec2Resource;
  ec2_ipam_resource_discovery_associations: Ec2Resource;
  ec2_verified_access_endpoints: Ec2Resource;
  ec2_verified_access_groups: Ec2Resource;
  ec2_verified_access_instances: Ec2Resource;
  ec2_verified_access_trust_providers: Ec2Resource;
  ec2_replace_root_volume_tasks: Ec2Resource;
  ec2_deregistered_images: Ec2Resource;
  ec2_trunk_interface_associations: Ec2Resource;
  ec2_store_image_tasks: Ec2Resource;
  ec2_image_usage_reports: Ec2Resource;
}

/** A public address that is given out: to an Elastic IP, or to an interface for as long as it has it. */
interface Ec2PublicAddress {
  address: string;
  account_id: string;
  region: string;
  /** The id of what it was given to. */
  holder: string;
}

/** A choice of an account for a region: defaults, what it has opted in to. */
interface Ec2AccountSetting {
  account_id: string;
  region: string;
  name: string;
  /** JSON. */
  value: string;
}

export interface Ec2Tables extends Ec2ResourceTables {
  ec2_account_settings: Ec2AccountSetting;
  ec2_tags: Ec2Tag;
  ec2_initialized_regions: Ec2InitializedRegion;
  ec2_client_tokens: Ec2ClientToken;
  ec2_public_addresses: Ec2PublicAddress;
}
