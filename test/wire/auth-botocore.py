"""Signs with botocore, in the ways that its users do, and tells what came back: one line of JSON a request."""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config

endpoint, bucket = sys.argv[1:]


def client(service, **changes):
    settings = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-3"}
    return boto3.client(service, endpoint_url=endpoint, **{**settings, **changes})


def fetch(name, url, method="GET", data=None):
    request = urllib.request.Request(url, method=method, data=data)
    try:
        with urllib.request.urlopen(request) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    print(json.dumps({"name": name, "status": status, "body": body.decode()}))


s3 = client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"}))
for key in ["plain", "a b+c/ü (1)~'!*.txt", "dots/../and//slashes", "%41%2F"]:
    parameters = {"Bucket": bucket, "Key": key}
    put = s3.generate_presigned_url("put_object", Params=parameters, ExpiresIn=60)
    fetch(f"put {key}", put, "PUT", f"body of {key}".encode())
    get = s3.generate_presigned_url("get_object", Params={**parameters, "ResponseContentType": "text/x; a=b+c"})
    fetch(f"get {key}", get)
    fetch(f"tampered {key}", get.replace("text", "test"))

old = client("s3", config=Config(signature_version="s3", s3={"addressing_style": "path"}))
parameters = {"Bucket": bucket, "Key": "version/2 of+the.signature"}
old.put_object(**parameters, Body=b"two", Metadata={"a": "b", "c": "d e"}, ContentType="text/plain")
with_query = {**parameters, "ResponseContentType": "text/x", "ResponseContentDisposition": "attachment; a=b"}
print(json.dumps({"name": "V2 get", "status": 200, "body": old.get_object(**with_query)["Body"].read().decode()}))
url = old.generate_presigned_url("get_object", Params=with_query, ExpiresIn=60)
fetch("V2 presigned get", url)
fetch("V2 tampered", url.replace("text", "test"))
fetch("V2 expired", old.generate_presigned_url("get_object", Params=parameters, ExpiresIn=-5))

role = client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="botocore")
keys = role["Credentials"]
session = {
    "aws_access_key_id": keys["AccessKeyId"],
    "aws_secret_access_key": keys["SecretAccessKey"],
    "aws_session_token": keys["SessionToken"],
}
identity = client("sts", **session)
fetch("identity", identity.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET"))
compute = client("ec2", **session)
fetch("regions", compute.generate_presigned_url("describe_regions", ExpiresIn=60, HttpMethod="GET"))
