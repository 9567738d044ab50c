"""The egress policy: every form of an address that is refused, and what is let through."""

import socket

import pytest

from runtime.endpoints.addresses import address_problem
from runtime.endpoints.egress import AddressError, CustomerEndpoint, EgressPolicy
from runtime.errors import BlockedByCustomerError, RetryableError

POLICY = EgressPolicy()
PUBLIC = "93.184.216.34"

REFUSED_URLS = {
    "plain http": ("http://logs.example.com/in", "https"),
    "another scheme": ("ftp://logs.example.com/", "https"),
    "a file": ("file:///etc/passwd", "https"),
    "no scheme": ("//logs.example.com/", "https"),
    "capitals in the scheme": ("HTTPS://logs.example.com/", "https"),
    "a user": ("https://user@logs.example.com/", "user"),
    "a user and password": ("https://user:secret@logs.example.com/", "user"),
    "a user that looks like a host": ("https://logs.example.com@169.254.169.254/", "user"),
    "a backslash before another host": ("https://ex.com\\@169.254.169.254/", "user"),
    "a backslash in the path": ("https://ex.com/a\\b", "backslashes"),
    "a blank": ("https://logs.example.com/a b", "blanks"),
    "a tab": ("https://logs.exa\tmple.com/", "name"),
    "a line break": ("https://logs.example.com/\r\nHost: x", "control"),
    "a line break at the end": ("https://logs.example.com/\n", "control"),
    "a fragment": ("https://logs.example.com/#@169.254.169.254", "fragment"),
    "a cut escape": ("https://logs.example.com/%2", "hexadecimal"),
    "an address": ("https://93.184.216.34/", "IP address"),
    "the metadata service": ("https://169.254.169.254/", "IP address"),
    "a short address": ("https://127.1/", "IP address"),
    "a decimal address": ("https://2130706433/", "IP address"),
    "a hexadecimal address": ("https://0x7f000001/", "IP address"),
    "a short hexadecimal address": ("https://0x7f.1/", "IP address"),
    "an octal address": ("https://0177.0.0.1/", "IP address"),
    "a name that ends in a number": ("https://logs.example.1/", "IP address"),
    "circled digits": ("https://\u2460\u2461\u2466.0.0.1/", "ASCII"),
    "full-width digits": ("https://\uff11\uff12\uff17.0.0.1/", "ASCII"),
    "an ideographic full stop": ("https://logs\u3002example\u3002com/", "ASCII"),
    "an international name": ("https://bücher.example/", "ASCII"),
    "an IPv6 address": ("https://[2606:2800:220:1::1]/", "IP address"),
    "loopback, IPv6": ("https://[::1]/", "IP address"),
    "a mapped address": ("https://[::ffff:169.254.169.254]/", "IP address"),
    "NAT64 of the metadata service": ("https://[64:ff9b::a9fe:a9fe]/", "IP address"),
    "a zone": ("https://[fe80::1%25eth0]/", "name"),
    "an escape in the host": ("https://logs%2eexample.com/", "host name"),
    "an underscore": ("https://my_logs.example.com/", "host name"),
    "a label that begins with a hyphen": ("https://-logs.example.com/", "host name"),
    "two dots": ("https://logs..example.com/", "host name"),
    "a dot at the end": ("https://logs.example.com./", "host name"),
    "a single label": ("https://localhost/", "host name"),
    "a long label": (f"https://{'a' * 64}.example/", "host name"),
    "a long name": (f"https://{'a.' * 127}example/", "host name"),
    "capitals": ("https://Logs.example.com/", "lower case"),
    "no host": ("https:///in", "host"),
    "another port": ("https://logs.example.com:22/", "port 443"),
    "port 0": ("https://logs.example.com:0/", "port"),
    "a port that is none": ("https://logs.example.com:65536/", "port"),
    "an empty port": ("https://logs.example.com:/", "host"),
    "a port in words": ("https://logs.example.com:https/", "host"),
    "too long": (f"https://logs.example.com/{'a' * 2048}", "2048"),
    "nothing": ("", "https"),
}


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_a_url_of_this_form_is_refused_and_the_reason_named(url):
    """A customer would have us connect to our own network, or two parsers would read two hosts."""
    text, words = REFUSED_URLS[url]
    with pytest.raises(AddressError, match=words) as refused:
        POLICY.parse(text)
    assert "secret" not in str(refused.value)
    with pytest.raises(BlockedByCustomerError) as blocked:
        POLICY.check(text)
    assert blocked.value.reason == "address-refused"


REFUSED_ADDRESSES = {
    "0.0.0.0": "this network",
    "10.1.2.3": "private",
    "100.64.0.1": "carriers",
    "127.0.0.1": "loopback",
    "169.254.169.254": "link-local",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.0.0.9": "protocol",
    "192.0.2.1": "documentation",
    "192.88.99.1": "6to4",
    "192.168.0.1": "private",
    "198.18.0.1": "benchmarks",
    "224.0.0.1": "multicast",
    "239.255.255.250": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "::": "reserved",
    "::1": "loopback",
    "::127.0.0.1": "reserved",
    "::ffff:10.0.0.1": "private",
    "::ffff:169.254.169.254": "link-local",
    "::ffff:0:127.0.0.1": "reserved",
    "64:ff9b::a9fe:a9fe": "NAT64",
    "64:ff9b::1.1.1.1": "NAT64",
    "64:ff9b:1::1": "NAT64",
    "100::1": "reserved",
    "2001::1": "Teredo",
    "2001:20::1": "protocol",
    "2001:db8::1": "documentation",
    "2002:7f00:1::": "6to4",
    "2002:a9fe:a9fe::1": "6to4",
    "3fff::1": "documentation",
    "5f00::1": "reserved",
    "fc00::1": "private",
    "fd00:ec2::254": "private",
    "fe80::1": "link-local",
    "fe80::1%eth0": "link-local",
    "2606:4700::1%eth0": "link-local",
    "fec0::1": "site-local",
    "ff02::1": "multicast",
    "127.1": "no IP",
    "": "no IP",
}


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
def test_no_connection_is_made_to_an_address_of_this_kind(address):
    """A name that resolves to it would reach the metadata service, the VPC, or a tunnel to either."""
    assert REFUSED_ADDRESSES[address] in address_problem(address)
    with pytest.raises(BlockedByCustomerError, match="must be public") as refused:
        POLICY.resolve("logs.example.com", 443, resolver=lambda *_: [address])
    assert refused.value.reason == "address-refused"


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1"])
def test_public_addresses_pass(address):
    """No customer's endpoint could be reached."""
    assert address_problem(address) is None


def test_every_address_of_a_name_must_pass():
    """The one that was checked needn't be the one that is connected to."""
    with pytest.raises(BlockedByCustomerError, match="private"):
        POLICY.resolve("logs.example.com", 443, resolver=lambda *_: [PUBLIC, "10.0.0.1"])


def test_addresses_are_given_once_and_ipv4_first():
    """A network without IPv6 would fail at each first attempt."""
    found = ["2606:4700::1111", "1.1.1.1", "1.1.1.1"]
    assert POLICY.resolve("logs.example.com", 443, resolver=lambda *_: found) == ["1.1.1.1", "2606:4700::1111"]


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "unknown"), BlockedByCustomerError, "unknown-host"),
        (socket.gaierror(socket.EAI_AGAIN, "later"), RetryableError, "resolver-unavailable"),
        (OSError("no resolver"), RetryableError, "resolver-unavailable"),
        (None, BlockedByCustomerError, "unknown-host"),
    ],
)
def test_a_name_that_is_unknown_is_the_customers_and_a_resolver_that_is_down_is_not(error, kind, reason):
    """Deliveries would be parked for our own resolver's failure, or tried for ever for a mistyped name."""

    def resolver(*_):
        if error:
            raise error
        return []

    with pytest.raises(kind) as raised:
        POLICY.resolve("logs.example.com", 443, resolver=resolver)
    assert raised.value.reason == reason


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://logs.example.com", "/"),
        ("https://logs.example.com?a=b", "/?a=b"),
        ("https://logs.example.com/in/%C3%A4?token=a-b_c~d", "/in/%C3%A4?token=a-b_c~d"),
        ("https://xn--bcher-kva.example:443/", "/"),
    ],
)
def test_a_url_in_its_parts(url, target):
    """The request would go to another path than the customer's."""
    found = POLICY.parse(url)
    assert (found.scheme, found.port, found.target) == ("https", 443, target)
    assert found.authority == found.host in url


def test_further_ports_are_a_setting():
    """A Splunk collector listens on 8088."""
    policy = EgressPolicy(ports=frozenset({443, 8088}))
    assert policy.parse("https://splunk.example.com:8088/x") == CustomerEndpoint(
        "https", "splunk.example.com", 8088, "/x"
    )
    with pytest.raises(AddressError, match="443 or 8088"):
        policy.parse("https://splunk.example.com:8089/x")


def test_loopback_passes_where_the_stage_allows_it_and_nothing_else_does():
    """The local cloud couldn't be tried, or a setting for tests would open the whole network."""
    policy = EgressPolicy(allow_loopback=True)
    for url in ("http://localhost:8080/", "https://127.0.0.1:9/", "https://[::1]:9/"):
        assert policy.parse(url).origin == url.rstrip("/")
    for url in ("http://logs.example.com/", "https://127.1/", "https://10.0.0.1/", "https://localhost.:9/"):
        with pytest.raises(AddressError):
            policy.parse(url)
    assert address_problem("10.0.0.1", allow_loopback=True) == "private"
    assert address_problem("::ffff:127.0.0.1", allow_loopback=True) is None


@pytest.mark.parametrize("text", ["kafka.example.com", "10.0.0.1:9092", "a@kafka.example.com:9092", "127.1:9", "x:9"])
def test_a_server_of_a_list_is_held_to_the_same_rules(text):
    """A list of brokers would be the way around."""
    with pytest.raises(BlockedByCustomerError) as refused:
        POLICY.check_peer(text)
    assert refused.value.reason == "address-refused"


def test_a_server_of_a_list_in_its_parts():
    """No broker could be named."""
    assert POLICY.check_peer("kafka.example.com:9093") == ("kafka.example.com", 9093)
    with pytest.raises(BlockedByCustomerError):
        POLICY.check_peer("kafka.example.com:22", frozenset({9093}))
