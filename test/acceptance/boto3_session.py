"""What a newcomer does with boto3; each step prints what it saw as JSON."""

import filecmp
import json
import sys

import boto3
from boto3.s3.transfer import TransferConfig

MEBIBYTE = 1024 * 1024
QUICK = {"Delay": 1, "MaxAttempts": 150}


def bucket():
    s3 = boto3.resource("s3")
    files = s3.create_bucket(Bucket="boto-bucket")
    files.wait_until_exists()
    with open("large.bin", "wb") as large:
        large.write(bytes(range(256)) * 4096 * 13)
    in_parts = TransferConfig(multipart_threshold=5 * MEBIBYTE, multipart_chunksize=5 * MEBIBYTE)
    files.upload_file("large.bin", "large.bin", Config=in_parts)
    files.download_file("large.bin", "back.bin", Config=in_parts)
    for name in ("one", "two"):
        files.put_object(Key=f"notes/{name}.txt", Body=name.encode(), Metadata={"number": name})
    assert files.Object("notes/two.txt").metadata == {"number": "two"}
    head = s3.meta.client.head_object(Bucket=files.name, Key="large.bin", PartNumber=1)
    seen = {
        "keys": [summary.key for summary in files.objects.all()],
        "parts": head["PartsCount"],
        "same": filecmp.cmp("large.bin", "back.bin", shallow=False),
    }
    files.objects.all().delete()
    files.delete()
    return {**seen, "left": len(list(s3.buckets.all()))}


def instance():
    ec2 = boto3.resource("ec2")
    client = ec2.meta.client
    (machine,) = ec2.create_instances(
        ImageId="alpine:latest",
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "boto"}]}],
    )
    states = [machine.state["Name"]]

    def wait(for_what):
        client.get_waiter(for_what).wait(InstanceIds=[machine.id], WaiterConfig=QUICK)
        machine.reload()
        states.append(machine.state["Name"])

    wait("instance_running")
    console = machine.console_output().get("Output", "")
    machine.stop()
    wait("instance_stopped")
    machine.start()
    wait("instance_running")
    tags = machine.tags
    machine.terminate()
    wait("instance_terminated")
    return {"states": states, "console": console, "tags": tags}


def create_database():
    rds = boto3.client("rds")
    rds.create_db_instance(
        DBInstanceIdentifier="boto-database",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword="correct-horse",
    )
    waiter = rds.get_waiter("db_instance_available")
    waiter.wait(DBInstanceIdentifier="boto-database", WaiterConfig=QUICK)
    (database,) = rds.describe_db_instances(DBInstanceIdentifier="boto-database")["DBInstances"]
    return database["Endpoint"]


def delete_database():
    rds = boto3.client("rds")
    rds.delete_db_instance(DBInstanceIdentifier="boto-database", SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="boto-database", WaiterConfig=QUICK)
    try:
        rds.describe_db_instances(DBInstanceIdentifier="boto-database")
    except rds.exceptions.DBInstanceNotFoundFault:
        pass
    return {"left": len(rds.describe_db_instances()["DBInstances"])}


STEPS = {
    "bucket": bucket,
    "instance": instance,
    "create-database": create_database,
    "delete-database": delete_database,
}

if __name__ == "__main__":
    print(json.dumps(STEPS[sys.argv[1]]()))
