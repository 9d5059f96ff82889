"""The input of a reader (Install) and its result (Inputs)."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.text.named_tuple import NamedTuple


class Install(NamedTuple):
    """One install command of a Dockerfile."""

    manager: str
    """The package manager's name ("npm")."""
    arguments: tuple[str, ...]
    """The words after that name ("ci", "--omit=dev")."""
    folder: str
    """The context folder in which the command runs; "" for the root of the context."""
    reader: str
    """The module of `rewriter/manifests` that knows what the command reads ("node.install")."""
    program: str = ""
    """The command's first word where it is a path ("./mvnw")."""
    env: tuple[tuple[str, str | None], ...] = ()
    """The variables in force, as far as the Dockerfile sets them; None for a value that is unknown before the build."""

    written: tuple[str, ...] = ()
    """The arguments as the author wrote them, where `arguments` have paths of the context in place of image paths."""

    lock_stays: bool = False
    """Whether a lock file that the install rewrites stays as it is then, since no later step copies it again."""

    is_download: bool = False
    """Whether it is a separate download, which the author's own build follows."""
    added: tuple[str, ...] = ()
    """The last of `written`: what only the rule's own command has, with which the author's does the rest later."""
    runs_again: bool = False
    """Whether the same command runs once more after the lock file was copied again, and so rewrites it again."""

    @property
    def shown(self) -> str:
        """The command as messages quote it: `npm ci`, `./mvnw package`."""
        words = self.written or self.arguments
        return " ".join((self.program if "/" in self.program else self.manager, *words))


class MadeFromSources(NamedTuple):
    """Files that an install makes from all the sources it finds; after a split they are others, or not there."""

    path: str
    """The file or folder: a context path, as if the install had run there."""
    why: str
    """What makes it, as the beginning of a sentence: "the install of nx 19.8 writes its project graph"."""
    hint: str


class PnpmVersions(NamedTuple):
    """Which pnpm has to run, so that the lock file stays as it is."""

    oldest: int
    newest: int
    """Major versions."""
    named: int
    """The one that package.json asks for (`packageManager`), which Corepack and newer versions take; 0 for none."""


class Inputs(NamedTuple):
    """What an install reads; all paths are relative to the build context."""

    files: tuple[str, ...]
    """In the order in which people list them: manifest, lock file, settings."""
    folders: tuple[str, ...] = ()
    """Folders that the install needs as a whole."""
    warnings: tuple[str, ...] = ()
    """Sentences for the user that don't prevent a split."""
    executables: tuple[str, ...] = ()
    """Files that the install makes executable: a later COPY of them must bring the same mode."""
    made_from_sources: tuple[MadeFromSources, ...] = ()
    """What must not be in the image that ships."""
    any_of: tuple[tuple[str, ...], ...] = ()
    """Groups of files: one of each has to be there, and what it contains doesn't matter."""
    newest_npm: bool = False
    """True when this holds only for npm 7 and later (Node.js 16 brings npm 8): older ones rewrite the lock file."""
    yarn_1: bool = False
    """True when this holds only for Yarn 1: a later one writes another form of lock file."""
    blocks_plugins: bool = False
    """True when this holds only for Composer 2.2 and later, which run no plugin that composer.json does not allow."""
    afterwards: str = ""
    """What the manager has to do after the author's own command that follows: "run-script post-update-cmd"."""
    pnpm: PnpmVersions | None = None
    """For which versions of pnpm this holds; None for all of them."""


class ReplacedOutput(LeaveAlone):
    """The context ships files that the install deletes and writes anew, such as node_modules before `npm ci`.

    Once `path` is a line of the ignore file, the place can be split, and the image stays the same.
    """

    def __init__(self, code: str, text: str, hint: str, path: str) -> None:
        super().__init__(code, text, hint)
        self.path = path
