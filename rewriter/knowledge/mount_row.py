"""Which folders of a package manager a cache mount may keep between builds: the table `[mount]` of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.knowledge.clean_up_row import CleanUp


class CacheMount(NamedTuple):
    """What a cache mount of a manager needs to be right (`[mount]`)."""

    source: str
    """Where that is documented."""
    folders: tuple[str, ...]
    """The folders to mount, of which nothing else is part of the image; `~` is the home of the user who runs it."""
    folders_by_image: dict[str, tuple[str, ...]]
    """(`folders-of`) The folders in official images that set another place: `rust = ["/usr/local/cargo/registry"]`."""
    since: dict[str, str]
    """The first version of official images whose program has such a folder; those of any other have it."""
    in_place_of: tuple[str, ...]
    """(`in-place-of`) Those of `folders` that stages that ship may mount instead of emptying them."""
    verbs: frozenset[str]
    """The sub-commands that use the folders; `*` for all but those in `idle`."""
    idle: frozenset[str]
    """The sub-commands that don't."""
    needed: bool
    """Whether a later command that finds the folders empty fetches or builds everything again, or fails."""
    updates_first: bool
    """(`updates-first`) Whether a RUN only finds its packages if it updates the lists itself."""
    locked: bool
    """Whether two builds must not use the folders at the same time (`sharing=locked`)."""
    by_image: frozenset[str]
    """(`by-image`) Those folders that hold what was compiled, so that each base image needs a cache of its own."""
    below: dict[str, str]
    """Variables below whose value the folder is, if they are set, with its name there: `PNPM_HOME = "store"`."""
    homes: frozenset[str]
    """Variables that move the folders."""
    defaults: dict[str, str]
    """Values of such variables with which the folders stay where they are."""
    moved_by: frozenset[str]
    """(`moved-by`) Options that move the folders."""
    offline: frozenset[str]
    """Options with which a command needs what an earlier one left in the folders."""
    offline_variables: dict[str, str]
    """(`offline-variables`) Variables that do the same, each with a text of its value; "" for any value but a no."""
    off: frozenset[str]
    """Variables that turn the cache off."""
    uncached: frozenset[str]
    """Options that turn it off."""
    links: dict[str, str]
    """Options and variables with whose value installed files are links into the cache, or cannot be copied from it."""
    settings_files: tuple[str, ...]
    """(`settings-files`) The names of the project's files that may hold such settings, or move the cache."""
    settings_options: frozenset[str]
    """(`settings-options`) Options that name further files of that kind."""
    moved_keys: tuple[str, ...]
    """(`moved-keys`) The names of settings in them that move the cache."""
    linked_by: tuple[str, ...]
    """(`linked-by`) The names of settings in them that do the same as `links`."""
    keeps_own: frozenset[str]
    """(`keeps-own`) Sub-commands that put the project's own results into the folders: `mvn install`."""
    runs_from: frozenset[str]
    """(`runs-from`) Programs and sub-commands that run programs from the folders: `npx`."""


def mount_of(data: dict[str, Any], clean_up: CleanUp | None) -> CacheMount:
    """The table `[mount]` of a manager; what its `[clean-up]` says of options and variables counts, too."""
    moved = clean_up.moved_by if clean_up is not None else frozenset()
    offline_variables = dict.fromkeys(clean_up.offline_variables if clean_up is not None else (), "")
    return CacheMount(
        source=data["source"],
        folders=tuple(data.get("folders", ())),
        folders_by_image={name: tuple(folders) for name, folders in data.get("folders-of", {}).items()},
        since=data.get("since", {}),
        in_place_of=tuple(data.get("in-place-of", ())),
        verbs=frozenset(data["verbs"]),
        idle=frozenset(data.get("idle", ())),
        needed=data.get("needed", False),
        updates_first=data.get("updates-first", False),
        locked=data.get("locked", False),
        by_image=frozenset(data.get("by-image", ())),
        below=data.get("below", {}),
        homes=frozenset(data.get("variables", ())) | {name for name in moved if name[0] != "-"},
        defaults=data.get("defaults", {}),
        moved_by=frozenset(data.get("moved-by", ())) | {name for name in moved if name[0] == "-"},
        offline=frozenset(data.get("offline", ())) | (clean_up.offline if clean_up is not None else frozenset()),
        offline_variables={**offline_variables, **data.get("offline-variables", {})},
        off=frozenset(data.get("off", ())) | (clean_up.off if clean_up is not None else frozenset()),
        uncached=frozenset(data.get("uncached", ())) | (clean_up.uncached if clean_up is not None else frozenset()),
        links=data.get("links", {}),
        settings_files=(*(clean_up.settings_files if clean_up is not None else ()), *data.get("settings-files", ())),
        settings_options=frozenset(data.get("settings-options", ())),
        moved_keys=(*(clean_up.moved_keys if clean_up is not None else ()), *data.get("moved-keys", ())),
        linked_by=tuple(data.get("linked-by", ())),
        keeps_own=frozenset(data.get("keeps-own", ())),
        runs_from=frozenset(data.get("runs-from", ())),
    )
