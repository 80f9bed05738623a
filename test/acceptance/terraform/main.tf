# Credentials, region and endpoint come from the environment: AWS_ENDPOINT_URL and the rest.
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

variable "password" {
  type      = string
  sensitive = true
}

variable "public_key" {
  type = string
}

resource "aws_s3_bucket" "files" {
  bucket = "${var.name}-files"
  tags   = { Project = var.name }
}

resource "aws_s3_object" "greeting" {
  bucket       = aws_s3_bucket.files.bucket
  key          = "notes/greeting.txt"
  content      = "Hello from Terraform"
  content_type = "text/plain"
}

data "aws_ami" "alpine" {
  most_recent = true
  owners      = ["538276064493"]

  filter {
    name   = "name"
    values = ["alpine-*-x86_64-uefi-cloudinit-*"]
  }

  filter {
    name   = "state"
    values = ["available"]
  }
}

resource "aws_key_pair" "admin" {
  key_name   = "${var.name}-admin"
  public_key = var.public_key
}

resource "aws_instance" "web" {
  ami           = data.aws_ami.alpine.id
  instance_type = "t3.micro"
  key_name      = aws_key_pair.admin.key_name
  tags          = { Name = "${var.name}-web" }
}

resource "aws_db_instance" "orders" {
  identifier          = "${var.name}-orders"
  engine              = "postgres"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  db_name             = "orders"
  username            = "master"
  password            = var.password
  skip_final_snapshot = true
  tags                = { Project = var.name }
}

output "database" {
  value = {
    host = aws_db_instance.orders.address
    port = aws_db_instance.orders.port
  }
}

output "instance" {
  value = aws_instance.web.id
}
