"""Which IP addresses a connection to a customer's endpoint may reach: global unicast, and none that leads elsewhere.

Sources: the IANA special-purpose address registries (RFC 6890) for IPv4 and IPv6. ``ipaddress.is_global`` alone lets
through NAT64 (64:ff9b::a9fe:a9fe is the metadata service), multicast and 6to4 relays.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

type IpAddress = IPv4Address | IPv6Address

_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out
_CLOSED_V4 = {
    IPv4Network(text): what
    for text, what in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared between carriers",
        "127.0.0.0/8": "loopback",
        "169.254.0.0/16": "link-local",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "protocol assignments",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112",
        "192.52.193.0/24": "multicast tunnels",
        "192.88.99.0/24": "6to4 relays",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "AS112",
        "198.18.0.0/15": "benchmarks",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved",
    }.items()
}
_CLOSED_V6 = {
    IPv6Network(text): what
    for text, what in {
        "::1/128": "loopback",
        "64:ff9b::/96": "NAT64",
        "64:ff9b:1::/48": "NAT64",
        "2001::/32": "Teredo",
        "2001::/23": "protocol assignments",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4",
        "2620:4f:8000::/48": "AS112",
        "3fff::/20": "documentation",
        "fc00::/7": "private",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
}


def address_problem(text: str, *, allow_loopback: bool = False) -> str | None:
    """Return why no connection may be made to an IP address, in a word or two; ``None`` where one may.

    An IPv4 address inside an IPv6 one (``::ffff:10.0.0.1``) is judged by what it leads to.

    :param text: as the resolver gives it; what is no IP address at all has a problem, too.
    """
    try:
        address: IpAddress = ip_address(text)
    except ValueError:
        return "no IP address"
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return "link-local"
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    if allow_loopback and address.is_loopback:
        return None
    if isinstance(address, IPv4Address):
        return next((what for network, what in _CLOSED_V4.items() if address in network), None) or _unlisted(address)
    found = next((what for network, what in _CLOSED_V6.items() if address in network), None)
    return found or ("reserved" if address not in _GLOBAL_UNICAST else _unlisted(address))


def _unlisted(address: IpAddress) -> str | None:
    """Return what the standard library's newer tables know, and these don't."""
    return None if address.is_global and not address.is_multicast else "not global"
