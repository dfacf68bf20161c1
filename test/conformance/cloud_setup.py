"""Makes in an emulator what the infrastructure makes in an account. Argument: JSON; answer: JSON on standard output."""

import json
import sys

import boto3

asked = json.loads(sys.argv[1])
made = {}

s3 = boto3.client("s3")
for bucket in asked.get("buckets", []):
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

if "table" in asked:
    boto3.client("dynamodb").create_table(**asked["table"])

sqs = boto3.client("sqs")
made["queues"] = {}
for name in asked.get("queues", []):
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    attributes["VisibilityTimeout"] = "30"
    made["queues"][name] = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

if "secret" in asked:
    created = boto3.client("secretsmanager").create_secret(
        Name=asked["secret"]["name"], SecretString=json.dumps(asked["secret"]["value"])
    )
    made["secretArn"] = created["ARN"]

if "role" in asked:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = boto3.client("iam").create_role(RoleName=asked["role"], AssumeRolePolicyDocument=json.dumps(trust))
    made["roleArn"] = role["Role"]["Arn"]

if "eventsTo" in asked:
    events = boto3.client("events")
    pattern = {"source": ["com.quiltdata"], "detail-type": ["package-revision"]}
    events.put_rule(Name="package-revision", EventPattern=json.dumps(pattern))
    arn = sqs.get_queue_attributes(
        QueueUrl=made["queues"][asked["eventsTo"]], AttributeNames=["QueueArn"]
    )["Attributes"]["QueueArn"]
    events.put_targets(Rule="package-revision", Targets=[{"Id": "queue", "Arn": arn}])

json.dump(made, sys.stdout)
