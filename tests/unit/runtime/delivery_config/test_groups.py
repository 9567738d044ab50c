"""Application groups."""

from runtime.delivery_config.groups import GROUPS, Group, GroupTable


def test_names_are_matched_without_case_and_united():
    """A tenant that writes "api" would get nothing, or an application twice."""
    expansion = GROUPS.expand(["api", "API", " Controller manager ", "SCHEDULER"])
    assert expansion.unknown == ()
    assert expansion.applications == {
        "kube-apiserver",
        "openshift-apiserver",
        "kube-controller-manager",
        "openshift-controller-manager",
        "openshift-route-controller-manager",
        "kube-scheduler",
    }


def test_authentication_has_the_seeds_names_and_openshifts_labels():
    """Authentication logs of real OpenShift pods would be filtered away."""
    assert GROUPS.expand(["Authentication"]).applications == {
        "oauth-server",
        "oauth-apiserver",
        "oauth-openshift",
        "openshift-oauth-apiserver",
    }


def test_an_unknown_name_adds_nothing_and_is_reported():
    """A misspelt group would go unnoticed."""
    assert GROUPS.expand(["Nope"]) == type(GROUPS.expand([]))(frozenset(), ("Nope",))


def test_the_table_is_data_that_can_be_extended():
    """A provider's own group would need a change of code."""
    table = GroupTable.of([*GROUPS.by_name.values(), Group("Storage", ("etcd",)), Group("api", ("mine",))])
    assert table.expand(["storage", "API"]).applications == {"etcd", "mine"}
