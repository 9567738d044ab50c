"""Delivery configs as code: the handler of CloudFormation's custom resource, a client of the API like any other."""
