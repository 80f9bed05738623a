# An Aurora cluster with a writer and a reader, as public modules make it.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "name" {
  type = string
}

# Changed for the update in place.
variable "stage" {
  type = string
}

variable "retention" {
  type = string
}

variable "class" {
  type = string
}

locals {
  zones = ["us-east-1a", "us-east-1b"]
  tags  = { Project = var.name, Stage = var.stage }
}

data "aws_rds_engine_version" "aurora" {
  engine       = "aurora-postgresql"
  default_only = true
}

data "aws_rds_orderable_db_instance" "aurora" {
  engine                     = data.aws_rds_engine_version.aurora.engine
  engine_version             = data.aws_rds_engine_version.aurora.version
  preferred_instance_classes = ["db.t4g.medium", "db.r6g.large"]
}

resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "main" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  availability_zone = local.zones[count.index]
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
}

resource "aws_security_group" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_db_subnet_group" "main" {
  name       = var.name
  subnet_ids = aws_subnet.main[*].id
  tags       = local.tags
}

resource "aws_rds_cluster_parameter_group" "main" {
  name        = var.name
  family      = data.aws_rds_engine_version.aurora.parameter_group_family
  description = "The cluster's"
  tags        = local.tags

  parameter {
    name  = "log_min_duration_statement"
    value = "500"
  }
}

resource "aws_db_parameter_group" "main" {
  name   = "${var.name}-instances"
  family = data.aws_rds_engine_version.aurora.parameter_group_family
}

resource "aws_rds_cluster" "main" {
  cluster_identifier              = var.name
  engine                          = data.aws_rds_engine_version.aurora.engine
  engine_version                  = data.aws_rds_engine_version.aurora.version
  database_name                   = "orders"
  port                            = 5432
  master_username                 = "master"
  master_password                 = "correct-horse-${var.stage}"
  db_subnet_group_name            = aws_db_subnet_group.main.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.main.name
  vpc_security_group_ids          = [aws_security_group.main.id]
  backup_retention_period         = var.retention
  preferred_backup_window         = "02:00-03:00"
  preferred_maintenance_window    = "sun:05:00-sun:06:00"
  enabled_cloudwatch_logs_exports = ["postgresql"]
  storage_encrypted               = true
  copy_tags_to_snapshot           = true
  deletion_protection             = false
  enable_http_endpoint            = true
  apply_immediately               = true
  skip_final_snapshot             = true
  tags                            = local.tags

  serverlessv2_scaling_configuration {
    min_capacity = 0.5
    max_capacity = 2
  }
}

resource "aws_rds_cluster_instance" "main" {
  count                      = 2
  identifier                 = "${var.name}-${count.index}"
  cluster_identifier         = aws_rds_cluster.main.id
  engine                     = aws_rds_cluster.main.engine
  engine_version             = aws_rds_cluster.main.engine_version
  instance_class             = count.index == 0 ? var.class : "db.serverless"
  db_subnet_group_name       = aws_db_subnet_group.main.name
  db_parameter_group_name    = aws_db_parameter_group.main.name
  promotion_tier             = count.index
  auto_minor_version_upgrade = false
  apply_immediately          = true
  tags                       = local.tags
}

resource "aws_rds_cluster_endpoint" "reports" {
  cluster_identifier          = aws_rds_cluster.main.id
  cluster_endpoint_identifier = "${var.name}-reports"
  custom_endpoint_type        = "READER"
  excluded_members            = [aws_rds_cluster_instance.main[0].id]
  tags                        = local.tags
}

resource "aws_rds_cluster_role_association" "import" {
  db_cluster_identifier = aws_rds_cluster.main.id
  feature_name          = "s3Import"
  role_arn              = "arn:aws:iam::000000000000:role/import"
}

resource "aws_db_cluster_snapshot" "main" {
  db_cluster_identifier          = aws_rds_cluster.main.id
  db_cluster_snapshot_identifier = "${var.name}-snapshot"
  tags                           = local.tags
}

resource "aws_rds_cluster" "restored" {
  cluster_identifier      = "${var.name}-restored"
  engine                  = aws_rds_cluster.main.engine
  engine_version          = aws_rds_cluster.main.engine_version
  snapshot_identifier     = aws_db_cluster_snapshot.main.id
  port                    = 5432
  db_subnet_group_name    = aws_db_subnet_group.main.name
  vpc_security_group_ids  = [aws_security_group.main.id]
  backup_retention_period = var.retention
  storage_encrypted       = true
  apply_immediately       = true
  skip_final_snapshot     = true
  tags                    = local.tags

  lifecycle {
    ignore_changes = [global_cluster_identifier]
  }
}

resource "aws_rds_global_cluster" "main" {
  global_cluster_identifier    = "${var.name}-global"
  source_db_cluster_identifier = aws_rds_cluster.restored.arn
  force_destroy                = true
  tags                         = local.tags
}

output "cluster" {
  value = {
    endpoint = aws_rds_cluster.main.endpoint
    reader   = aws_rds_cluster.main.reader_endpoint
    port     = aws_rds_cluster.main.port
    ports    = aws_rds_cluster_instance.main[*].port
  }
}
