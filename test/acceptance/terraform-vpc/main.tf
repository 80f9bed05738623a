# A network as public modules make it, of every family that a VPC has around it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  s3_use_path_style = true
}

variable "name" {
  type = string
}

# Changed for the update in place.
variable "stage" {
  type = string
}

locals {
  zones = ["us-east-1a", "us-east-1b"]
  tags  = { Project = var.name, Stage = var.stage }
}

resource "aws_vpc" "main" {
  cidr_block                       = "10.0.0.0/16"
  enable_dns_support               = true
  enable_dns_hostnames             = true
  assign_generated_ipv6_cidr_block = true
  tags                             = merge(local.tags, { Name = var.name })
}

resource "aws_vpc_ipv4_cidr_block_association" "more" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.1.0.0/16"
}

resource "aws_vpc_dhcp_options" "main" {
  domain_name         = "${var.name}.internal"
  domain_name_servers = ["AmazonProvidedDNS", "10.0.0.2"]
  ntp_servers         = ["169.254.169.123"]
  tags                = local.tags
}

resource "aws_vpc_dhcp_options_association" "main" {
  vpc_id          = aws_vpc.main.id
  dhcp_options_id = aws_vpc_dhcp_options.main.id
}

resource "aws_subnet" "public" {
  count                           = 2
  vpc_id                          = aws_vpc.main.id
  availability_zone               = local.zones[count.index]
  cidr_block                      = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  ipv6_cidr_block                 = cidrsubnet(aws_vpc.main.ipv6_cidr_block, 8, count.index)
  map_public_ip_on_launch         = true
  assign_ipv6_address_on_creation = true
  tags                            = merge(local.tags, { Tier = "public" })
}

resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 10 + count.index)
  tags              = merge(local.tags, { Tier = "private" })
}

resource "aws_subnet" "database" {
  count                               = 2
  vpc_id                              = aws_vpc.main.id
  availability_zone                   = local.zones[count.index]
  cidr_block                          = cidrsubnet(aws_vpc_ipv4_cidr_block_association.more.cidr_block, 8, count.index)
  private_dns_hostname_type_on_launch = "resource-name"
}

resource "aws_subnet" "intra" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.30.0/24"
}

resource "aws_ec2_subnet_cidr_reservation" "intra" {
  subnet_id        = aws_subnet.intra.id
  cidr_block       = "10.0.30.64/28"
  reservation_type = "prefix"
  description      = "prefixes"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = local.tags
}

resource "aws_egress_only_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = local.tags
}

resource "aws_eip" "nat" {
  count      = 2
  domain     = "vpc"
  tags       = local.tags
  depends_on = [aws_internet_gateway.main]
}

resource "aws_nat_gateway" "public" {
  count         = 2
  allocation_id = aws_eip.nat[count.index].id
  subnet_id     = aws_subnet.public[count.index].id
  tags          = local.tags
}

resource "aws_nat_gateway" "private" {
  connectivity_type                  = "private"
  subnet_id                          = aws_subnet.private[0].id
  secondary_private_ip_address_count = 2
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  tags   = local.tags
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route" "public_ipv6" {
  route_table_id              = aws_route_table.public.id
  destination_ipv6_cidr_block = "::/0"
  gateway_id                  = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_route_table" "private" {
  count            = 2
  vpc_id           = aws_vpc.main.id
  propagating_vgws = [aws_vpn_gateway.main.id]

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.public[var.stage == "one" ? 0 : 1].id
  }

  route {
    ipv6_cidr_block        = "::/0"
    egress_only_gateway_id = aws_egress_only_internet_gateway.main.id
  }

  route {
    cidr_block                = aws_vpc.peer.cidr_block
    vpc_peering_connection_id = aws_vpc_peering_connection.peer.id
  }

  tags       = local.tags
  depends_on = [aws_vpn_gateway_attachment.main]
}

resource "aws_route_table_association" "private" {
  count          = 2
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.private[count.index].id
}

resource "aws_route_table" "intra" {
  vpc_id = aws_vpc.main.id
}

resource "aws_main_route_table_association" "main" {
  vpc_id         = aws_vpc.main.id
  route_table_id = aws_route_table.intra.id
}

resource "aws_route" "office" {
  route_table_id             = aws_route_table.intra.id
  destination_prefix_list_id = aws_ec2_managed_prefix_list.office.id
  network_interface_id       = aws_network_interface.router.id
}

resource "aws_default_route_table" "peer" {
  default_route_table_id = aws_vpc.peer.default_route_table_id

  route {
    cidr_block                = aws_vpc.main.cidr_block
    vpc_peering_connection_id = aws_vpc_peering_connection.peer.id
  }

  tags = local.tags
}

resource "aws_default_network_acl" "main" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id

  ingress {
    protocol   = "-1"
    rule_no    = 100
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }

  egress {
    protocol   = "-1"
    rule_no    = 100
    action     = "allow"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }

  tags = local.tags

  lifecycle {
    ignore_changes = [subnet_ids]
  }
}

resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id

  ingress {
    protocol  = "-1"
    self      = true
    from_port = 0
    to_port   = 0
  }

  tags = local.tags
}

resource "aws_network_acl" "private" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = aws_subnet.private[*].id

  ingress {
    protocol   = "tcp"
    rule_no    = 200
    action     = "allow"
    cidr_block = "10.0.0.0/8"
    from_port  = 443
    to_port    = 443
  }

  egress {
    protocol        = "icmp"
    rule_no         = 210
    action          = var.stage == "one" ? "allow" : "deny"
    ipv6_cidr_block = "::/0"
    icmp_type       = -1
    icmp_code       = -1
    from_port       = 0
    to_port         = 0
  }

  tags = local.tags
}

resource "aws_network_acl" "database" {
  vpc_id = aws_vpc.main.id
}

resource "aws_network_acl_rule" "database" {
  network_acl_id = aws_network_acl.database.id
  rule_number    = 50
  egress         = false
  protocol       = "udp"
  rule_action    = "deny"
  cidr_block     = "192.0.2.0/24"
  from_port      = 53
  to_port        = 53
}

resource "aws_network_acl_association" "database" {
  network_acl_id = aws_network_acl.database.id
  subnet_id      = aws_subnet.database[0].id
}

resource "aws_ec2_managed_prefix_list" "office" {
  name           = "${var.name}-office"
  address_family = "IPv4"
  max_entries    = 5

  entry {
    cidr        = "192.0.2.0/24"
    description = "first floor"
  }

  dynamic "entry" {
    for_each = var.stage == "one" ? [] : ["198.51.100.0/24"]
    content {
      cidr = entry.value
    }
  }

  tags = local.tags
}

data "aws_ec2_managed_prefix_list" "s3" {
  name = "com.amazonaws.us-east-1.s3"
}

resource "aws_security_group" "web" {
  name        = "${var.name}-web"
  description = "web"
  vpc_id      = aws_vpc.main.id
  tags        = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "web_https" {
  security_group_id = aws_security_group.web.id
  description       = "https ${var.stage}"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "web_office" {
  security_group_id = aws_security_group.web.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  prefix_list_id    = aws_ec2_managed_prefix_list.office.id
}

resource "aws_vpc_security_group_ingress_rule" "web_self" {
  security_group_id            = aws_security_group.web.id
  ip_protocol                  = "-1"
  referenced_security_group_id = aws_security_group.web.id
}

resource "aws_vpc_security_group_egress_rule" "web_all" {
  security_group_id = aws_security_group.web.id
  ip_protocol       = "-1"
  cidr_ipv6         = "::/0"
}

resource "aws_security_group" "inline" {
  name_prefix = "${var.name}-inline"
  vpc_id      = aws_vpc.main.id

  ingress {
    description      = "postgres"
    protocol         = "tcp"
    from_port        = 5432
    to_port          = var.stage == "one" ? 5432 : 5433
    security_groups  = [aws_security_group.web.id]
    cidr_blocks      = ["10.0.0.0/16", "10.1.0.0/16"]
    ipv6_cidr_blocks = [aws_vpc.main.ipv6_cidr_block]
    self             = true
  }

  egress {
    protocol        = "tcp"
    from_port       = 443
    to_port         = 443
    prefix_list_ids = [data.aws_ec2_managed_prefix_list.s3.id]
  }

  tags = local.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "older" {
  name   = "${var.name}-older"
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group_rule" "older" {
  type                     = "ingress"
  security_group_id        = aws_security_group.older.id
  protocol                 = "udp"
  from_port                = 53
  to_port                  = 53
  source_security_group_id = aws_security_group.web.id
  description              = "names"
}

resource "aws_security_group_rule" "older_out" {
  type              = "egress"
  security_group_id = aws_security_group.older.id
  protocol          = "-1"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["0.0.0.0/0"]
  ipv6_cidr_blocks  = ["::/0"]
}

# A protocol by number has no ports, whatever a configuration says.
resource "aws_security_group_rule" "older_esp" {
  type              = "ingress"
  security_group_id = aws_security_group.older.id
  protocol          = "50"
  from_port         = 0
  to_port           = 0
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_network_interface" "router" {
  subnet_id         = aws_subnet.public[0].id
  private_ips       = ["10.0.0.50", "10.0.0.51"]
  security_groups   = var.stage == "one" ? [aws_security_group.web.id] : [aws_security_group.web.id, aws_security_group.older.id]
  source_dest_check = false
  description       = "router ${var.stage}"
  tags              = local.tags
}

resource "aws_network_interface" "counted" {
  subnet_id         = aws_subnet.private[0].id
  private_ips_count = 2
}

resource "aws_network_interface" "prefixed" {
  subnet_id           = aws_subnet.public[1].id
  ipv4_prefix_count   = 1
  ipv6_address_count  = 2
  enable_primary_ipv6 = true
}

resource "aws_network_interface_permission" "counted" {
  network_interface_id = aws_network_interface.counted.id
  aws_account_id       = "123456789012"
  permission           = "INSTANCE-ATTACH"
}

resource "aws_eip" "router" {
  network_interface         = aws_network_interface.router.id
  associate_with_private_ip = "10.0.0.51"
  tags                      = local.tags
  depends_on                = [aws_internet_gateway.main]
}

resource "aws_eip" "free" {
  domain = "vpc"
}

resource "aws_eip_association" "counted" {
  allocation_id        = aws_eip.free.id
  network_interface_id = aws_network_interface.counted.id
  depends_on           = [aws_internet_gateway.main]
}

resource "aws_vpn_gateway" "main" {
  amazon_side_asn = 64620
  tags            = local.tags
}

resource "aws_vpn_gateway_attachment" "main" {
  vpc_id         = aws_vpc.main.id
  vpn_gateway_id = aws_vpn_gateway.main.id
}

resource "aws_customer_gateway" "extended" {
  bgp_asn_extended = 4294967294
  ip_address       = "192.0.2.11"
  type             = "ipsec.1"
}

resource "aws_customer_gateway" "office" {
  bgp_asn     = 65010
  ip_address  = "192.0.2.10"
  type        = "ipsec.1"
  device_name = "${var.name}-office"
  tags        = local.tags
}

resource "aws_vpn_connection" "office" {
  vpn_gateway_id      = aws_vpn_gateway.main.id
  customer_gateway_id = aws_customer_gateway.office.id
  type                = "ipsec.1"
  static_routes_only  = true
  tags                = local.tags
}

resource "aws_vpn_connection_route" "office" {
  destination_cidr_block = "192.168.10.0/24"
  vpn_connection_id      = aws_vpn_connection.office.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.main.id
  service_name    = "com.amazonaws.us-east-1.s3"
  route_table_ids = var.stage == "one" ? aws_route_table.private[*].id : concat(aws_route_table.private[*].id, [aws_route_table.intra.id])
  tags            = local.tags
}

data "aws_vpc_endpoint_service" "ssm" {
  service      = "ssm"
  service_type = "Interface"
}

resource "aws_vpc_endpoint" "ssm" {
  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = data.aws_vpc_endpoint_service.ssm.service_name
  service_region      = "us-east-1"
  subnet_ids          = aws_subnet.private[*].id
  security_group_ids  = [aws_security_group.inline.id]
  private_dns_enabled = true
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "ssm:*", Resource = "*" }]
  })
  tags = local.tags
}

resource "aws_s3_bucket" "logs" {
  bucket        = "${var.name}-flow-logs"
  force_destroy = true
}

resource "aws_flow_log" "main" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.logs.arn
  max_aggregation_interval = 60
  tags                     = local.tags
}

resource "aws_vpc" "peer" {
  cidr_block = "10.9.0.0/16"
  tags       = local.tags
}

resource "aws_vpc_peering_connection" "peer" {
  vpc_id      = aws_vpc.main.id
  peer_vpc_id = aws_vpc.peer.id
  auto_accept = true

  requester {
    allow_remote_vpc_dns_resolution = true
  }

  tags = local.tags
}

resource "aws_subnet" "peer" {
  vpc_id     = aws_vpc.peer.id
  cidr_block = "10.9.0.0/24"
}

resource "aws_ec2_transit_gateway" "main" {
  description = "main"
  tags        = local.tags
}

resource "aws_ec2_transit_gateway_vpc_attachment" "peer" {
  transit_gateway_id = aws_ec2_transit_gateway.main.id
  vpc_id             = aws_vpc.peer.id
  subnet_ids         = [aws_subnet.peer.id]
  tags               = local.tags
}

resource "aws_ec2_transit_gateway_route_table" "extra" {
  transit_gateway_id = aws_ec2_transit_gateway.main.id
  tags               = local.tags
}

resource "aws_ec2_transit_gateway_route" "extra" {
  destination_cidr_block         = "0.0.0.0/0"
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.peer.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.extra.id
}

resource "aws_ec2_transit_gateway_route_table_propagation" "extra" {
  transit_gateway_attachment_id  = aws_ec2_transit_gateway_vpc_attachment.peer.id
  transit_gateway_route_table_id = aws_ec2_transit_gateway_route_table.extra.id
}

resource "aws_vpc_endpoint_service" "own" {
  acceptance_required        = true
  supported_regions          = var.stage == "one" ? ["us-east-1"] : ["us-east-1", "eu-west-1"]
  supported_ip_address_types = ["ipv4"]
  network_load_balancer_arns = ["arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/own/50dc6c495c0c9188"]
  tags                       = local.tags
}

resource "aws_vpc_ipam" "main" {
  operating_regions {
    region_name = "us-east-1"
  }
  cascade = true
}

resource "aws_vpc_ipam_pool" "main" {
  address_family                    = "ipv4"
  ipam_scope_id                     = aws_vpc_ipam.main.private_default_scope_id
  locale                            = "us-east-1"
  allocation_default_netmask_length = 24
}

resource "aws_vpc_ipam_pool_cidr" "main" {
  ipam_pool_id = aws_vpc_ipam_pool.main.id
  cidr         = "172.20.0.0/16"
}

resource "aws_vpc" "ipam" {
  ipv4_ipam_pool_id   = aws_vpc_ipam_pool.main.id
  ipv4_netmask_length = 24
  depends_on          = [aws_vpc_ipam_pool_cidr.main]
}

output "vpc" {
  value = aws_vpc.main.id
}
