"""Stands in for the packager of a Quilt stack: builds packages with quilt3 itself from what lies under a prefix.

Usage: packager_stand_in.py once MESSAGE...                  one message body an argument; prints what was made as JSON
       packager_stand_in.py poll QUEUE_URL EVENT_QUEUE_URL   takes messages until it is ended; prints a JSON line for each;
                                                             `bus` for EVENT_QUEUE_URL: events go to EventBridge

Messages are those of Quilt's packager queue (quilt-formats.md, section 5.1). The event of a revision (section 6) is raised
when its timestamp pointer is written, before `latest` is: printed by `once`, sent to the event queue by `poll`.
The environment says where S3 and SQS are (AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_SQS, AWS_DEFAULT_REGION and keys);
PACKAGER_LATEST_DELAY_S is a pause between event and `latest`, in seconds; while a file PACKAGER_HOLD_LATEST exists,
`latest` is not written.
"""
import datetime
import json
import os
import re
import sys
import time
import urllib.parse

import boto3
import quilt3
from quilt3.backends import base, get_package_registry
from quilt3.data_transfer import get_bytes
from quilt3.util import PhysicalKey

POINTER = re.compile(r"\.quilt/named_packages/([\w-]+/[\w-]+)/([0-9]{10})$")
DELAY_S = float(os.environ.get("PACKAGER_LATEST_DELAY_S", "0"))
HOLD = os.environ.get("PACKAGER_HOLD_LATEST")
LOOK_S = 0.05
WAIT_S = 2


def event_of(bucket, handle, top_hash):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "version": "0",
        "id": "6f4a3a54-2f5f-4b0c-9b0e-6b6a0c4c1d11",
        "detail-type": "package-revision",
        "source": "com.quiltdata",
        "account": "123456789012",
        "time": now,
        "region": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        "resources": [],
        "detail": {"version": "0.1", "type": "created", "bucket": bucket, "handle": handle, "topHash": top_hash},
    }


def latest_of(registry, name):
    try:
        return get_bytes(registry.pointer_latest_pk(name)).decode()
    except Exception:  # there is none yet
        return None


def raising_events(on_event):
    """Has quilt3 tell of every timestamp pointer it writes, as S3 notifications would."""
    put_bytes = base.put_bytes.__wrapped__ if hasattr(base.put_bytes, "__wrapped__") else base.put_bytes

    def telling(data, dest):
        put_bytes(data, dest)
        pointer = POINTER.search(dest.path)
        if pointer:
            on_event(dest.bucket, pointer.group(1), data.decode())
            time.sleep(DELAY_S)
            while HOLD and os.path.exists(HOLD):
                time.sleep(LOOK_S)

    telling.__wrapped__ = put_bytes
    base.put_bytes = telling


def metadata_of(message, prefix):
    if "metadata_uri" not in message:
        return message.get("metadata")
    uri = urllib.parse.urljoin(prefix.replace("s3:", "http:"), message["metadata_uri"]).replace("http:", "s3:")
    metadata = json.loads(get_bytes(PhysicalKey.from_url(uri)))
    if not isinstance(metadata, dict):
        raise ValueError("metadata is no object")
    return metadata


def make(message, on_event):
    prefix = message["source_prefix"]
    name = message["package_name"]
    url = "s3://" + (message.get("registry") or PhysicalKey.from_url(prefix).bucket)
    registry = get_package_registry(url)
    package = quilt3.Package()
    package.set_dir("/", prefix)
    metadata = metadata_of(message, prefix)
    if metadata is not None:
        package.set_meta(metadata)
    commit_message = message.get("commit_message")
    workflow = message["workflow"] or None if "workflow" in message else ...
    package._validate_with_workflow(registry=registry, workflow=workflow, name=name, message=commit_message)
    events = []

    def tell(bucket, handle, top_hash):
        event = event_of(bucket, handle, top_hash)
        events.append({"event": event, "latest": latest_of(registry, name)})
        on_event(event)

    raising_events(tell)
    top_hash = package._build(name, url, commit_message)
    return {"name": name, "topHash": top_hash, "events": events, "keys": sorted(key for key, _ in package.walk())}


def poll(queue_url, event_queue_url, out):
    sqs = boto3.client("sqs")

    def send(event):
        if event_queue_url == "bus":
            entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
            boto3.client("events").put_events(Entries=[entry])
        else:
            sqs.send_message(QueueUrl=event_queue_url, MessageBody=json.dumps(event))

    while True:
        answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=WAIT_S)
        for received in answer.get("Messages", []):
            try:
                made = {**make(json.loads(received["Body"]), send), "body": received["Body"]}
            except Exception as problem:  # the queue delivers it again, and nobody tells the sender
                made = {"failed": repr(problem)}
            else:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=received["ReceiptHandle"])
            print(json.dumps(made), file=out, flush=True)


if __name__ == "__main__":
    printed = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # quilt3 talks on standard output
    mode, *rest = sys.argv[1:]
    if mode == "poll":
        poll(*rest, printed)
    else:
        json.dump([make(json.loads(body), lambda event: None) for body in rest], printed)
        printed.flush()
