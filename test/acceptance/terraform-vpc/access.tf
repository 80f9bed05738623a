# Route servers, Verified Access, and what an IPAM discovers.
resource "aws_vpc" "access" { cidr_block = "10.9.0.0/16" }
resource "aws_subnet" "access" {
  vpc_id     = aws_vpc.access.id
  cidr_block = "10.9.0.0/24"
}
resource "aws_route_table" "access" { vpc_id = aws_vpc.access.id }
resource "aws_vpc_route_server" "rs" {
  amazon_side_asn = 65534
  tags            = { Name = var.stage }
}
resource "aws_vpc_route_server_vpc_association" "a" {
  route_server_id = aws_vpc_route_server.rs.route_server_id
  vpc_id          = aws_vpc.access.id
}
resource "aws_vpc_route_server_endpoint" "e" {
  route_server_id = aws_vpc_route_server.rs.route_server_id
  subnet_id       = aws_subnet.access.id
  depends_on      = [aws_vpc_route_server_vpc_association.a]
}
resource "aws_vpc_route_server_peer" "p" {
  route_server_endpoint_id = aws_vpc_route_server_endpoint.e.route_server_endpoint_id
  peer_address             = "10.9.0.250"
  bgp_options {
    peer_asn                = 65200
    peer_liveness_detection = "bfd"
  }
}
resource "aws_vpc_route_server_propagation" "p" {
  route_server_id = aws_vpc_route_server.rs.route_server_id
  route_table_id  = aws_route_table.access.id
  depends_on      = [aws_vpc_route_server_vpc_association.a]
}
resource "aws_verifiedaccess_instance" "i" { description = var.stage }
resource "aws_verifiedaccess_trust_provider" "t" {
  policy_reference_name    = "idp"
  trust_provider_type      = "user"
  user_trust_provider_type = "oidc"
  description              = var.stage
  oidc_options {
    issuer                 = "https://id.example.com"
    authorization_endpoint = "https://id.example.com/a"
    token_endpoint         = "https://id.example.com/t"
    user_info_endpoint     = "https://id.example.com/u"
    client_id              = "c"
    client_secret          = "s"
    scope                  = "openid"
  }
}
resource "aws_verifiedaccess_instance_trust_provider_attachment" "a" {
  verifiedaccess_instance_id       = aws_verifiedaccess_instance.i.id
  verifiedaccess_trust_provider_id = aws_verifiedaccess_trust_provider.t.id
}
resource "aws_verifiedaccess_group" "g" {
  verifiedaccess_instance_id = aws_verifiedaccess_instance.i.id
  description                = var.stage
  policy_document            = "permit(principal, action, resource);"
  depends_on                 = [aws_verifiedaccess_instance_trust_provider_attachment.a]
}
resource "aws_verifiedaccess_instance_logging_configuration" "l" {
  verifiedaccess_instance_id = aws_verifiedaccess_instance.i.id
  access_logs {
    include_trust_context = true
    s3 {
      enabled     = true
      bucket_name = "logs"
    }
  }
}
resource "aws_network_interface" "access" { subnet_id = aws_subnet.access.id }
resource "aws_security_group" "access" {
  name   = "va"
  vpc_id = aws_vpc.access.id
}
resource "aws_verifiedaccess_endpoint" "e" {
  application_domain     = "app.example.com"
  attachment_type        = "vpc"
  description            = var.stage
  domain_certificate_arn = "arn:aws:acm:us-east-1:000000000000:certificate/x"
  endpoint_domain_prefix = "app"
  endpoint_type          = "network-interface"
  network_interface_options {
    network_interface_id = aws_network_interface.access.id
    port                 = 443
    protocol             = "https"
  }
  security_group_ids       = [aws_security_group.access.id]
  verified_access_group_id = aws_verifiedaccess_group.g.id
}
resource "aws_vpc_ipam" "access" {
  operating_regions { region_name = "us-east-1" }
}
resource "aws_vpc_ipam_resource_discovery" "d" {
  description = var.stage
  operating_regions { region_name = "us-east-1" }
}
resource "aws_vpc_ipam_resource_discovery_association" "a" {
  ipam_id                    = aws_vpc_ipam.access.id
  ipam_resource_discovery_id = aws_vpc_ipam_resource_discovery.d.id
}
