"""The console: pages on loopback that show what the commands show, to people who rather look than read JSON.

``guard`` decides who may open it, ``asking`` asks AWS and the API with the caller's own credentials, ``pages`` has a
module a page, ``templates`` what they look like. It keeps nothing and may do nothing that its caller may not: what the
pages show is computed by ``cli.operation`` and the typed client, as for the commands.
"""
