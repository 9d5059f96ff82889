"""The kinds of contexts that the campaign makes: one function each, from a random generator to a probe."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.attack.kinds.copy_owners import copy_owners
from tests.attack.kinds.downloads import downloads
from tests.attack.kinds.earlier_settings import earlier_settings
from tests.attack.kinds.groups import groups
from tests.attack.kinds.hooks import hooks
from tests.attack.kinds.late_removals import late_removals
from tests.attack.kinds.later_runs import later_runs
from tests.attack.kinds.layer_order import layer_order
from tests.attack.kinds.links import links
from tests.attack.kinds.local_projects import local_projects
from tests.attack.kinds.manifest_lists import manifest_lists
from tests.attack.kinds.manifests import manifests
from tests.attack.kinds.members import members
from tests.attack.kinds.mounted_caches import mounted_caches
from tests.attack.kinds.offline import offline
from tests.attack.kinds.order import by_chance, ends, in_turn
from tests.attack.kinds.other_builds import ignore_files, other_builds
from tests.attack.kinds.overlays import last_writers, overlays
from tests.attack.kinds.settings_node import settings_node
from tests.attack.kinds.settings_python import settings_python
from tests.attack.kinds.system_files import system_files
from tests.attack.probe import Probe


def _settings(rng: Random) -> Probe:
    """K3: options, variables and settings that name files."""
    return rng.choice((settings_python, settings_node, earlier_settings))(rng)


KINDS: dict[str, Callable[[Random], Probe]] = {
    "K1": members,
    "K2": later_runs,
    "K3": _settings,
    "K4": hooks,
    "K5": links,
    "K6": system_files,
    "K7": overlays,
    "K8": local_projects,
    "K9": downloads,
    "K10": offline,
    "K11": groups,
    "K12": other_builds,
    "K13": manifests,
    "K14": ignore_files,
    "L1": layer_order,
    "L2": copy_owners,
    "L3": late_removals,
    "L4": manifest_lists,
    "L5": mounted_caches,
    "A1": last_writers,
    "A2": ends,
    "A4": by_chance,
    "A5": in_turn,
}


def probe(kind: str, seed: int, number: int) -> Probe:
    """The probe of that number; the same for ever, as long as its generator stays as it is."""
    return KINDS[kind](Random(f"{seed} {kind} {number}"))
