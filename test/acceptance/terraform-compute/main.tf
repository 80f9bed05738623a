terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {}

variable "name" {
  type = string
}

variable "public_key" {
  type = string
}

variable "instance_type" {
  type    = string
  default = "t3.micro"
}

variable "greeting" {
  type    = string
  default = "hello"
}

data "aws_availability_zones" "available" {
  state = "available"
}

data "aws_vpc" "default" {
  default = true
}

data "aws_subnets" "default" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.default.id]
  }
  filter {
    name   = "availability-zone"
    values = [data.aws_availability_zones.available.names[0]]
  }
}

data "aws_ssm_parameter" "al2023" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

data "aws_ami" "linux" {
  most_recent = true
  owners      = ["amazon"]

  filter {
    name   = "name"
    values = ["al2023-ami-2023.*-x86_64"]
  }
}

data "aws_ec2_instance_type" "chosen" {
  instance_type = var.instance_type
}

resource "aws_key_pair" "admin" {
  key_name   = "${var.name}-admin"
  public_key = var.public_key
  tags       = { Name = "${var.name}-admin" }
}

resource "aws_security_group" "web" {
  name_prefix = "${var.name}-web-"
  vpc_id      = data.aws_vpc.default.id

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_placement_group" "web" {
  name     = "${var.name}-web"
  strategy = "spread"
}

# As terraform-aws-modules/ec2-instance makes it.
resource "aws_instance" "web" {
  ami                         = data.aws_ami.linux.id
  instance_type               = var.instance_type
  key_name                    = aws_key_pair.admin.key_name
  subnet_id                   = data.aws_subnets.default.ids[0]
  vpc_security_group_ids      = [aws_security_group.web.id]
  associate_public_ip_address = true
  placement_group             = aws_placement_group.web.name
  monitoring                  = true
  ebs_optimized               = true
  disable_api_stop            = false
  source_dest_check           = false
  user_data                   = "#!/bin/sh\necho ${var.greeting}\n"

  instance_initiated_shutdown_behavior = "stop"

  cpu_options {
    core_count       = 1
    threads_per_core = 1
  }

  credit_specification {
    cpu_credits = "unlimited"
  }

  enclave_options {
    enabled = false
  }

  maintenance_options {
    auto_recovery = "default"
  }

  private_dns_name_options {
    hostname_type                     = "ip-name"
    enable_resource_name_dns_a_record = true
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
    instance_metadata_tags      = "enabled"
  }

  root_block_device {
    encrypted   = true
    volume_type = "gp3"
    throughput  = 200
    volume_size = 50
    tags        = { Name = "${var.name}-root" }
  }

  ebs_block_device {
    device_name = "/dev/sdf"
    volume_type = "gp3"
    volume_size = 5
    encrypted   = true
    tags        = { Name = "${var.name}-data" }
  }

  tags = { Name = "${var.name}-web", Greeting = var.greeting }

  timeouts {}
}

resource "aws_eip" "web" {
  instance = aws_instance.web.id
  domain   = "vpc"
  tags     = { Name = "${var.name}-web" }
}

resource "aws_launch_template" "worker" {
  name_prefix   = "${var.name}-worker-"
  description   = "workers that say ${var.greeting}"
  image_id      = data.aws_ssm_parameter.al2023.value
  instance_type = "t3.small"
  key_name      = aws_key_pair.admin.key_name
  user_data     = base64encode("#!/bin/sh\necho ${var.greeting}\n")
  ebs_optimized = true

  update_default_version = true

  block_device_mappings {
    device_name = "/dev/xvda"
    ebs {
      volume_size           = 20
      volume_type           = "gp3"
      delete_on_termination = true
      encrypted             = true
    }
  }

  capacity_reservation_specification {
    capacity_reservation_preference = "open"
  }

  credit_specification {
    cpu_credits = "standard"
  }

  iam_instance_profile {
    name = "${var.name}-worker"
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    device_index                = 0
    security_groups             = [aws_security_group.web.id]
    subnet_id                   = data.aws_subnets.default.ids[0]
  }

  placement {
    availability_zone = data.aws_availability_zones.available.names[0]
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-worker" }
  }

  tag_specifications {
    resource_type = "volume"
    tags          = { Name = "${var.name}-worker" }
  }

  tags = { Name = "${var.name}-worker" }
}

resource "aws_instance" "worker" {
  launch_template {
    id      = aws_launch_template.worker.id
    version = "1"
  }
  tags = { Name = "${var.name}-one" }

  # The provider plans a hash of the hash of a template's user data (hashicorp/terraform-provider-aws#30825).
  lifecycle {
    ignore_changes = [user_data]
  }
}

resource "aws_spot_instance_request" "cheap" {
  ami                  = data.aws_ami.linux.id
  instance_type        = "t3.nano"
  spot_price           = "0.03"
  wait_for_fulfillment = true
  tags                 = { Name = "${var.name}-cheap" }
}

resource "aws_instance" "spot" {
  ami           = data.aws_ami.linux.id
  instance_type = "t3.nano"

  instance_market_options {
    market_type = "spot"
    spot_options {
      max_price = "0.0031"
    }
  }
  tags = { Name = "${var.name}-spot" }

  # aws_ec2_tag adds one.
  lifecycle {
    ignore_changes = [tags, tags_all]
  }
}

resource "aws_network_interface" "first" {
  subnet_id = data.aws_subnets.default.ids[0]
}

resource "aws_instance" "with_interface" {
  ami           = data.aws_ami.linux.id
  instance_type = "t3.nano"
  network_interface {
    network_interface_id = aws_network_interface.first.id
    device_index         = 0
  }
}

# Without instances: the provider waits five minutes before it looks whether those of a deleted fleet are gone.
resource "aws_ec2_fleet" "workers" {
  launch_template_config {
    launch_template_specification {
      launch_template_id = aws_launch_template.worker.id
      version            = aws_launch_template.worker.latest_version
    }
  }
  target_capacity_specification {
    default_target_capacity_type = "spot"
    total_target_capacity        = 0
  }
}

resource "aws_ec2_capacity_reservation" "web" {
  instance_type     = "m5.large"
  instance_platform = "Linux/UNIX"
  availability_zone = data.aws_availability_zones.available.names[0]
  instance_count    = 1
}

resource "aws_ec2_host" "one" {
  instance_type     = "c5.18xlarge"
  availability_zone = data.aws_availability_zones.available.names[0]
}

resource "aws_ec2_instance_metadata_defaults" "account" {
  http_tokens                 = "required"
  http_put_response_hop_limit = 2
}

resource "aws_ec2_instance_state" "worker" {
  instance_id = aws_instance.worker.id
  state       = "stopped"
}

resource "aws_ec2_tag" "extra" {
  resource_id = aws_instance.spot.id
  key         = "Extra"
  value       = "yes"
}

data "aws_instance" "web" {
  instance_id = aws_instance.web.id
}

data "aws_launch_template" "worker" {
  id = aws_launch_template.worker.id
}

output "web" {
  value = aws_instance.web.id
}

output "public_ip" {
  value = aws_eip.web.public_ip
}
