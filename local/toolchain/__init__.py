"""Tools that aren't Python packages of this project: Node and the `cdk` command line, got where they are missing.

Here lives how they are found or installed; what is done with them lies in `local/deployment/`.
"""
