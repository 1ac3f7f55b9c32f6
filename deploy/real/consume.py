#!/usr/bin/env python3
"""Reads a topic with a client that is not ours and prints its records.

It reads committed transactions from the beginning to the present end and prints one JSON
object a line: topic, partition, offset, timestamp, key, headers, value. Values
are decoded with the writer's schema from the registry, and resolved to an older one on
request; a tombstone's value is null, and times are RFC 3339 text in UTC.
"""

import argparse
import datetime
import faulthandler
import json
import sys

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

# How long to wait for the broker before giving up.
SILENCE_SECONDS = 30


def committed(consumer, topic):
    """Yields the topic's committed messages up to the ends found at the start."""
    metadata = consumer.list_topics(topic, timeout=SILENCE_SECONDS).topics[topic]
    if metadata.error is not None:
        raise KafkaException(metadata.error)

    ends = {}
    for partition in metadata.partitions:
        # For a read_committed consumer the high mark is the last stable offset.
        low, high = consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=SILENCE_SECONDS
        )
        if low < high:
            ends[partition] = high
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])

    while ends:
        message = consumer.poll(SILENCE_SECONDS)
        if message is None:
            sys.exit(f"{topic}: nothing came from the broker for {SILENCE_SECONDS} s")
        partition = message.partition()
        error = message.error()
        if error is not None:
            # The last offsets may be transaction markers, which are not messages:
            # only this event shows that the end is reached.
            if error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            ends.pop(partition, None)
            continue
        if partition not in ends:
            continue
        if message.offset() < ends[partition]:
            yield message
        if message.offset() >= ends[partition] - 1:
            del ends[partition]


def rfc3339(time):
    """Writes a time as RFC 3339 text in UTC, to the millisecond."""
    utc = time.astimezone(datetime.timezone.utc)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def published(message):
    """The message's timestamp as RFC 3339 text, or None where it has none."""
    kind, milliseconds = message.timestamp()
    if kind == TIMESTAMP_NOT_AVAILABLE:
        return None
    return rfc3339(
        datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.timezone.utc)
    )


def headers(message):
    """The message's headers by name; one that occurs twice is an error."""
    pairs = message.headers() or []
    named = {name: value.decode() for name, value in pairs}
    if len(named) != len(pairs):
        sys.exit(f"offset {message.offset()}: a header occurs twice: {pairs}")
    return named


def as_json(value):
    """Turns values that JSON does not have into text, for json.dumps."""
    if isinstance(value, datetime.datetime):
        return rfc3339(value)
    raise TypeError(f"no JSON form for a {type(value).__name__}")


def main():
    faulthandler.enable()  # SIGABRT shows where it stands
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--brokers", required=True, help="host:port, separated by commas")
    parser.add_argument("--registry", required=True, help="URL of the schema registry's API")
    parser.add_argument("--topic", required=True)
    parser.add_argument(
        "--reader-version", type=int, help="read as the subject's schema of this version has it"
    )
    args = parser.parse_args()

    registry = SchemaRegistryClient({"url": args.registry, "timeout": SILENCE_SECONDS})
    reader = None
    if args.reader_version is not None:
        version = registry.get_version(f"{args.topic}-value", args.reader_version)
        reader = version.schema.schema_str
    decode = AvroDeserializer(registry, schema_str=reader)
    consumer = Consumer(
        {
            "bootstrap.servers": args.brokers,
            "group.id": "consume.py",  # required, but unused: nothing is committed
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            "reconnect.backoff.ms": 1000,  # it logs every attempt
        }
    )
    context = SerializationContext(args.topic, MessageField.VALUE)
    try:
        for message in committed(consumer, args.topic):
            key = message.key()
            record = {
                "topic": message.topic(),
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp": published(message),
                "key": None if key is None else key.decode(),
                "headers": headers(message),
                "value": decode(message.value(), context),
            }
            print(json.dumps(record, default=as_json, ensure_ascii=False))
    except KafkaException as failure:
        sys.exit(f"reading {args.topic} from {args.brokers}: {failure.args[0].str()}")
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
