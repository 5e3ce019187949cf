"""Settings that several streams share are a dict, or a function that has them already."""

from functools import partial

import rxstream as rs

LOGIN = {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", "sasl_plain_username": "ada"}

from_kafka = partial(rs.from_kafka, bootstrap_servers="localhost:9092", group_id="shop", codec="json", extra=LOGIN)


def main() -> None:
    """Build two streams: nothing is connected, but every option is checked."""
    print(from_kafka("orders"))
    print(from_kafka("bills", group_id="audit"))
    try:
        from_kafka("orders", extra={**LOGIN, "sasl_mechanisms": "PLAIN"})
    except rs.ConfigurationError as error:
        print(error)


if __name__ == "__main__":
    main()
