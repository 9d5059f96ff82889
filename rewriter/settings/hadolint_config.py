"""What a team has turned off in hadolint: the list `ignored` of its settings file, `.hadolint.yaml`."""

from __future__ import annotations

from dfix.rewriter.knowledge.known_checks import known_checks
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text import yaml_text
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read

_KEY = "ignored"


def ignored_by_hadolint(path: str, root: str | None) -> frozenset[str]:
    """The checks that a settings file of hadolint ignores, as far as dfix knows them. Raises SettingsError.

    `root` is the folder that a link must not lead out of; None for a file that the user named.
    """
    data = read(path, None if root is None else (root,), is_settings=True)
    if isinstance(data, Problem):
        raise SettingsError(data)
    content = _content(path, data)
    found = content.get(_KEY) if isinstance(content, dict) else content
    if found is None:
        return frozenset()
    if not isinstance(content, dict) or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise _error(path, f"`{_KEY}` is not a list of checks", f"For example: {_KEY}: [DL3009]")
    return frozenset(found) & known_checks().keys()


def _content(path: str, data: bytes) -> object:
    import yaml

    try:
        text = data.decode("utf-8")
        if yaml_text.is_deep(text) or yaml_text.has_alias(text):
            raise _error(path, "its values are nested too deeply, or have aliases", "Write them out")
        return yaml_text.load(text)
    except UnicodeDecodeError:
        raise _error(path, "not UTF-8", "Save it as UTF-8") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = 0 if mark is None else mark.line + 1
        raise SettingsError(Problem(path, line, "not valid YAML", "Fix the syntax")) from None


def _error(path: str, message: str, hint: str) -> SettingsError:
    return SettingsError(Problem(path, 0, message, hint))
