"""Application groups: names for sets of applications (contract §3). Data, not code: add a line to extend them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Group:
    """A named set of applications. The name is matched without regard to case, applications exactly."""

    name: str
    applications: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a list of group names means: the applications of the known ones, and the names that aren't known."""

    applications: frozenset[str]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The groups there are, by case-folded name."""

    by_name: Mapping[str, Group]

    @classmethod
    def of(cls, groups: Iterable[Group]) -> "GroupTable":
        """Make a table. A later group of the same name replaces an earlier one."""
        return cls(MappingProxyType({group.name.casefold(): group for group in groups}))

    def expand(self, names: Iterable[str]) -> Expansion:
        """Unite the named groups' applications. An unknown name adds nothing and is reported."""
        applications: set[str] = set()
        unknown: list[str] = []
        for name in names:
            group = self.by_name.get(name.strip().casefold())
            if group is None:
                unknown.append(name)
            else:
                applications.update(group.applications)
        return Expansion(frozenset(applications), tuple(unknown))


GROUPS = GroupTable.of(
    (
        Group("API", ("kube-apiserver", "openshift-apiserver")),
        # The last two are the `app` labels that these pods carry in OpenShift.
        Group("Authentication", ("oauth-server", "oauth-apiserver", "oauth-openshift", "openshift-oauth-apiserver")),
        Group(
            "Controller Manager",
            ("kube-controller-manager", "openshift-controller-manager", "openshift-route-controller-manager"),
        ),
        Group("Scheduler", ("kube-scheduler",)),
    )
)
