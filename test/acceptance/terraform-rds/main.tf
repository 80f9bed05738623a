terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {}

variable "work_mem" {
  type = number
}

data "aws_rds_certificate" "default" {
  default_for_new_launches = true
}

data "aws_db_event_categories" "snapshots" {
  source_type = "db-snapshot"
}

resource "aws_db_parameter_group" "orders" {
  name   = "orders"
  family = "postgres17"

  parameter {
    name  = "work_mem"
    value = var.work_mem
  }

  parameter {
    name         = "max_connections"
    value        = "LEAST({DBInstanceClassMemory/9531392},80)"
    apply_method = "pending-reboot"
  }
}

resource "aws_db_instance" "orders" {
  identifier              = "orders"
  engine                  = "postgres"
  instance_class          = "db.t3.micro"
  allocated_storage       = 20
  username                = "master"
  password                = "correct-horse-battery"
  port                    = 5432
  parameter_group_name    = aws_db_parameter_group.orders.name
  ca_cert_identifier      = data.aws_rds_certificate.default.id
  backup_retention_period = 1
  skip_final_snapshot     = true
}

resource "aws_db_instance" "replica" {
  identifier          = "orders-replica"
  replicate_source_db = aws_db_instance.orders.identifier
  instance_class      = "db.t3.small"
  port                = 5432
  skip_final_snapshot = true
}

resource "aws_db_event_subscription" "instances" {
  name             = "instances"
  sns_topic        = "arn:aws:sns:us-east-1:000000000000:events"
  source_type      = "db-instance"
  source_ids       = [aws_db_instance.orders.identifier, aws_db_instance.replica.identifier]
  event_categories = ["creation", "deletion"]
  tags             = { Of = "orders" }
}

resource "aws_db_event_subscription" "snapshots" {
  name             = "snapshots"
  sns_topic        = "arn:aws:sns:us-east-1:000000000000:events"
  source_type      = "db-snapshot"
  event_categories = data.aws_db_event_categories.snapshots.event_categories
  enabled          = var.work_mem > 5000
}

output "certificate" {
  value = data.aws_rds_certificate.default.id
}

data "aws_subnets" "default" {
  filter {
    name   = "default-for-az"
    values = [true]
  }
}

resource "aws_db_proxy" "orders" {
  name           = "orders"
  engine_family  = "POSTGRESQL"
  role_arn       = "arn:aws:iam::000000000000:role/proxy"
  vpc_subnet_ids = data.aws_subnets.default.ids
  debug_logging  = var.work_mem > 5000

  auth {
    auth_scheme = "SECRETS"
    iam_auth    = "DISABLED"
    secret_arn  = "arn:aws:secretsmanager:us-east-1:000000000000:secret:orders-AbCdEf"
  }
}

resource "aws_db_proxy_default_target_group" "orders" {
  db_proxy_name = aws_db_proxy.orders.name

  connection_pool_config {
    max_connections_percent      = 80
    max_idle_connections_percent = 40
  }
}

resource "aws_db_proxy_target" "orders" {
  db_instance_identifier = aws_db_instance.orders.identifier
  db_proxy_name          = aws_db_proxy.orders.name
  target_group_name      = aws_db_proxy_default_target_group.orders.name
}

resource "aws_db_proxy_endpoint" "readers" {
  db_proxy_name          = aws_db_proxy.orders.name
  db_proxy_endpoint_name = "readers"
  vpc_subnet_ids         = data.aws_subnets.default.ids
  target_role            = "READ_ONLY"
}
