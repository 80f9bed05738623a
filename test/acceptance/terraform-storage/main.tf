terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {}

variable "size" {
  type = number
}

data "aws_ami" "amazon" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023*-x86_64"]
  }

  filter {
    name   = "virtualization-type"
    values = ["hvm"]
  }
}

resource "aws_ebs_encryption_by_default" "this" {
  enabled = false
}

resource "aws_ebs_volume" "plain" {
  availability_zone = "us-east-1a"
  size              = var.size
  type              = "gp3"
  throughput        = 200
  tags              = { Name = "plain", Size = tostring(var.size) }
  depends_on        = [aws_ebs_encryption_by_default.this]
}

resource "aws_ebs_volume" "fast" {
  availability_zone = "us-east-1a"
  size              = 100
  type              = "io2"
  iops              = 3000
}

resource "aws_instance" "web" {
  ami               = "alpine:latest"
  instance_type     = "t3.micro"
  availability_zone = "us-east-1a"

  root_block_device {
    volume_size = 10
    volume_type = "gp3"
    tags        = { Name = "root" }
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_size = 5
    encrypted   = true
  }

  lifecycle {
    ignore_changes = [ebs_block_device]
  }
}

resource "aws_volume_attachment" "plain" {
  device_name = "/dev/sdh"
  volume_id   = aws_ebs_volume.plain.id
  instance_id = aws_instance.web.id
}

resource "aws_ebs_snapshot" "plain" {
  volume_id   = aws_ebs_volume.plain.id
  description = "of ${var.size}"
  tags        = { Name = "snapshot" }
}

resource "aws_ebs_snapshot_copy" "plain" {
  source_snapshot_id = aws_ebs_snapshot.plain.id
  source_region      = "us-east-1"
  tags               = { Name = "copy" }
}

resource "aws_snapshot_create_volume_permission" "plain" {
  snapshot_id = aws_ebs_snapshot.plain.id
  account_id  = "123456789012"
}

resource "aws_ebs_volume" "restored" {
  availability_zone = "us-east-1b"
  snapshot_id       = aws_ebs_snapshot_copy.plain.id
}

resource "aws_ami" "registered" {
  name                = "registered"
  virtualization_type = "hvm"
  root_device_name    = "/dev/xvda"
  ena_support         = true
  architecture        = "x86_64"
  description         = "size ${var.size}"

  ebs_block_device {
    device_name = "/dev/xvda"
    snapshot_id = aws_ebs_snapshot.plain.id
    volume_size = 20
  }
}

resource "aws_ami_copy" "copied" {
  name              = "copied"
  source_ami_id     = aws_ami.registered.id
  source_ami_region = "us-east-1"
  tags              = { Name = "copied" }
}

resource "aws_ami_from_instance" "web" {
  name               = "of-web"
  source_instance_id = aws_instance.web.id
}

resource "aws_ami_launch_permission" "copied" {
  image_id   = aws_ami_copy.copied.id
  account_id = "123456789012"
}

data "aws_ami" "of_web" {
  owners      = ["self"]
  most_recent = true

  filter {
    name   = "name"
    values = ["of-*"]
  }

  depends_on = [aws_ami_from_instance.web]
}

data "aws_ebs_volume" "plain" {
  most_recent = true

  filter {
    name   = "tag:Name"
    values = ["plain"]
  }

  depends_on = [aws_ebs_volume.plain]
}

data "aws_ebs_snapshot" "plain" {
  most_recent = true
  owners      = ["self"]

  filter {
    name   = "tag:Name"
    values = ["snapshot"]
  }

  depends_on = [aws_ebs_snapshot.plain]
}

data "aws_ami_ids" "debian" {
  owners = ["136693071363"]
}

resource "aws_ebs_default_kms_key" "this" {
  key_arn = "arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555"
}

output "same" {
  value = [
    data.aws_ami.of_web.id == aws_ami_from_instance.web.id,
    data.aws_ebs_volume.plain.id == aws_ebs_volume.plain.id,
    data.aws_ebs_snapshot.plain.id == aws_ebs_snapshot.plain.id,
    length(data.aws_ami_ids.debian.ids) > 0,
    startswith(data.aws_ami.amazon.name, "al2023"),
    aws_ebs_volume.plain.encrypted == false,
  ]
}
