"""A pipeline for the command line; the environment says where Kafka answers."""

import os

import rxstream as rs

BOOTSTRAP = os.environ.get("BOOTSTRAP", "localhost:9092")

source = rs.from_kafka(os.environ.get("TOPIC", "orders"), bootstrap_servers=BOOTSTRAP, stop="end").to(rs.to_list())
sink = rs.from_iterable([b"1"]).to(rs.to_kafka(os.environ.get("TOPIC", "orders"), bootstrap_servers=BOOTSTRAP))
