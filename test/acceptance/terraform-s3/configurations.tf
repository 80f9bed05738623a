resource "aws_s3_bucket" "configured" {
  bucket        = "tf-configured"
  force_destroy = true
}

resource "aws_s3_bucket_cors_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  cors_rule {
    id              = "first"
    allowed_headers = ["*"]
    allowed_methods = ["PUT", "POST"]
    allowed_origins = ["https://example.com"]
    expose_headers  = ["ETag"]
    max_age_seconds = var.stage == "one" ? 3000 : 60
  }
  cors_rule {
    allowed_methods = ["GET"]
    allowed_origins = ["*"]
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  rule {
    id     = "everything"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
  rule {
    id     = "logs"
    status = "Enabled"
    filter {
      prefix = "logs/"
    }
    transition {
      days          = 30
      storage_class = "STANDARD_IA"
    }
    transition {
      days          = 90
      storage_class = "GLACIER"
    }
    expiration {
      days = 365
    }
  }
  rule {
    id     = "sized"
    status = "Disabled"
    filter {
      and {
        prefix                   = "large/"
        object_size_greater_than = 0
        object_size_less_than    = 1000000
        tags                     = { Class = "temporary", Team = "a" }
      }
    }
    noncurrent_version_expiration {
      noncurrent_days           = 60
      newer_noncurrent_versions = 3
    }
    noncurrent_version_transition {
      noncurrent_days = 30
      storage_class   = "STANDARD_IA"
    }
  }
  rule {
    id     = "tagged"
    status = "Enabled"
    filter {
      tag {
        key   = "Expire"
        value = "soon"
      }
    }
    expiration {
      date = "2040-01-01T00:00:00Z"
    }
  }
  rule {
    id     = "markers"
    status = "Enabled"
    filter {
      prefix = "markers/"
    }
    expiration {
      expired_object_delete_marker = true
    }
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  rule {
    apply_server_side_encryption_by_default {
      kms_master_key_id = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab"
      sse_algorithm     = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_logging" "this" {
  depends_on    = [aws_s3_bucket_acl.logs]
  bucket        = aws_s3_bucket.configured.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "log/"
  target_object_key_format {
    partitioned_prefix {
      partition_date_source = "EventTime"
    }
  }
}

resource "aws_s3_bucket_notification" "this" {
  bucket      = aws_s3_bucket.configured.id
  eventbridge = true
  queue {
    id            = "images"
    queue_arn     = "arn:aws:sqs:us-east-1:000000000000:images"
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "images/"
    filter_suffix = ".png"
  }
  topic {
    topic_arn = "arn:aws:sns:us-east-1:000000000000:removed"
    events    = ["s3:ObjectRemoved:*", "s3:ObjectRestore:Completed"]
  }
  lambda_function {
    lambda_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:thumbnail"
    events              = ["s3:ObjectCreated:Put"]
    filter_prefix       = "uploads/"
  }
}

resource "aws_s3_bucket_website_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  index_document {
    suffix = "index.html"
  }
  error_document {
    key = "error.html"
  }
  routing_rule {
    condition {
      key_prefix_equals = "docs/"
    }
    redirect {
      replace_key_prefix_with = "documents/"
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  # An object that came later would have the default retention, and the next plan a change.
  depends_on = [aws_s3_object.locked]
  bucket     = aws_s3_bucket.locked.id
  rule {
    default_retention {
      mode = "GOVERNANCE"
      days = var.stage == "one" ? 1 : 2
    }
  }
}

resource "aws_s3_object" "locked" {
  bucket                        = aws_s3_bucket.locked.id
  key                           = "held"
  content                       = "held"
  force_destroy                 = true
  object_lock_legal_hold_status = "ON"
}

resource "aws_s3_bucket_accelerate_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  status = var.stage == "one" ? "Suspended" : "Enabled"
}

resource "aws_s3_bucket_request_payment_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  payer  = "Requester"
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  name   = "whole"
  tiering {
    access_tier = "DEEP_ARCHIVE_ACCESS"
    days        = 180
  }
  tiering {
    access_tier = "ARCHIVE_ACCESS"
    days        = 125
  }
}

resource "aws_s3_bucket_inventory" "this" {
  bucket                   = aws_s3_bucket.configured.id
  name                     = "weekly"
  included_object_versions = "All"
  optional_fields          = ["Size", "ETag", "StorageClass"]
  filter {
    prefix = "documents/"
  }
  schedule {
    frequency = var.stage == "one" ? "Daily" : "Weekly"
  }
  destination {
    bucket {
      format     = "CSV"
      bucket_arn = aws_s3_bucket.logs.arn
      prefix     = "inventory"
    }
  }
}

resource "aws_s3_bucket_metric" "this" {
  bucket = aws_s3_bucket.configured.id
  name   = "documents"
  filter {
    prefix = "documents/"
    tags   = { priority = "high" }
  }
}

resource "aws_s3_bucket_analytics_configuration" "this" {
  bucket = aws_s3_bucket.configured.id
  name   = "whole"
  storage_class_analysis {
    data_export {
      destination {
        s3_bucket_destination {
          bucket_arn = aws_s3_bucket.logs.arn
          prefix     = "analytics"
        }
      }
    }
  }
}

resource "aws_s3_bucket" "copies" {
  for_each      = toset(["source", "target"])
  bucket        = "tf-replication-${each.key}"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "copies" {
  for_each = aws_s3_bucket.copies
  bucket   = each.value.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_replication_configuration" "this" {
  depends_on = [aws_s3_bucket_versioning.copies]
  bucket     = aws_s3_bucket.copies["source"].id
  role       = "arn:aws:iam::000000000000:role/replication"
  rule {
    id       = "all"
    status   = "Enabled"
    priority = var.stage == "one" ? 1 : 2
    filter {}
    delete_marker_replication {
      status = "Enabled"
    }
    destination {
      bucket        = aws_s3_bucket.copies["target"].arn
      storage_class = "STANDARD_IA"
    }
  }
  rule {
    id       = "tagged"
    status   = "Disabled"
    priority = 10
    filter {
      and {
        prefix = "logs/"
        tags   = { Class = "kept" }
      }
    }
    delete_marker_replication {
      status = "Disabled"
    }
    destination {
      bucket = aws_s3_bucket.copies["target"].arn
    }
  }
}
