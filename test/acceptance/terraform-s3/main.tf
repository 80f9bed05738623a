terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  s3_use_path_style = true
}

variable "stage" {
  type = string
}

data "aws_canonical_user_id" "current" {}

resource "aws_s3_bucket" "main" {
  bucket        = "tf-main"
  force_destroy = true
  tags          = { Stage = var.stage }
}

resource "aws_s3_bucket" "logs" {
  bucket_prefix = "tf-logs-"
  force_destroy = true
}

resource "aws_s3_bucket" "locked" {
  bucket              = "tf-locked"
  object_lock_enabled = true
  force_destroy       = true
}

resource "aws_s3_bucket_versioning" "main" {
  bucket = aws_s3_bucket.main.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_ownership_controls" "main" {
  bucket = aws_s3_bucket.main.id
  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  bucket = aws_s3_bucket.logs.id
  rule {
    object_ownership = "ObjectWriter"
  }
}

resource "aws_s3_bucket_public_access_block" "main" {
  bucket                  = aws_s3_bucket.main.id
  block_public_acls       = false
  block_public_policy     = false
  ignore_public_acls      = false
  restrict_public_buckets = false
}

resource "aws_s3_bucket_acl" "main" {
  depends_on = [aws_s3_bucket_ownership_controls.main, aws_s3_bucket_public_access_block.main]
  bucket     = aws_s3_bucket.main.id
  acl        = var.stage == "one" ? "private" : "public-read"
}

resource "aws_s3_bucket_acl" "logs" {
  depends_on = [aws_s3_bucket_ownership_controls.logs]
  bucket     = aws_s3_bucket.logs.id
  access_control_policy {
    owner {
      id = data.aws_canonical_user_id.current.id
    }
    grant {
      permission = "FULL_CONTROL"
      grantee {
        id   = data.aws_canonical_user_id.current.id
        type = "CanonicalUser"
      }
    }
    grant {
      permission = "WRITE"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
      }
    }
    grant {
      permission = "READ_ACP"
      grantee {
        type = "Group"
        uri  = "http://acs.amazonaws.com/groups/s3/LogDelivery"
      }
    }
  }
}

data "aws_iam_policy_document" "main" {
  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.main.arn}/public/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
  statement {
    sid       = "InsecureTransport"
    effect    = "Deny"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.main.arn}/secure/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "main" {
  depends_on = [aws_s3_bucket_public_access_block.main]
  bucket     = aws_s3_bucket.main.id
  policy     = data.aws_iam_policy_document.main.json
}

resource "aws_s3_object" "text" {
  bucket       = aws_s3_bucket.main.id
  key          = "public/hello.txt"
  content      = "Hello, ${var.stage}"
  content_type = "text/plain"
  metadata     = { greeting = "yes" }
  tags         = { Stage = var.stage }
}

resource "aws_s3_object" "binary" {
  bucket                 = aws_s3_bucket.main.id
  key                    = "dir/zeros.bin"
  content_base64         = base64encode("0123456789")
  cache_control          = "max-age=60"
  storage_class          = "STANDARD_IA"
  server_side_encryption = "AES256"
  checksum_algorithm     = "SHA256"
}

resource "aws_s3_object_copy" "copy" {
  bucket = aws_s3_bucket.main.id
  key    = "copied/hello.txt"
  source = "${aws_s3_object.text.bucket}/${aws_s3_object.text.key}"
  # Tags that come along with the source would be a change in the next plan, on AWS too.
  tagging_directive = "REPLACE"
  tags              = { Stage = var.stage }
}

data "aws_s3_object" "text" {
  bucket = aws_s3_object.text.bucket
  key    = aws_s3_object.text.key
}

data "aws_s3_objects" "all" {
  depends_on = [aws_s3_object.text, aws_s3_object.binary, aws_s3_object_copy.copy]
  bucket     = aws_s3_bucket.main.id
}

data "aws_s3_bucket" "main" {
  depends_on = [aws_s3_bucket_policy.main]
  bucket     = aws_s3_bucket.main.id
}

data "aws_s3_bucket_policy" "main" {
  depends_on = [aws_s3_bucket_policy.main]
  bucket     = aws_s3_bucket.main.id
}

output "seen" {
  value = {
    body   = data.aws_s3_object.text.body
    keys   = data.aws_s3_objects.all.keys
    region = data.aws_s3_bucket.main.region
    domain = data.aws_s3_bucket.main.bucket_domain_name
  }
}
