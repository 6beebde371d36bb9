"""Pages are compiled once in a process, however many desks fill them."""

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError

from review.server.assets import PAGES_DIR
from review.server.pages.page_templates import page_templates


def test_what_one_environment_compiled_no_other_compiles_again(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [str(path.relative_to(PAGES_DIR)) for path in PAGES_DIR.rglob("*.html")]
    assert len(names) > 50
    for name in names:
        page_templates().get_template(name)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(Environment, "_generate", refuse)
    for name in names:
        assert page_templates().get_template(name).name == name


def test_each_environment_has_globals_of_its_own() -> None:
    one, other = page_templates(), page_templates()
    one.globals["who"] = "one"
    other.globals["who"] = "other"
    assert [templates.from_string("{{ who }}").render() for templates in (one, other)] == ["one", "other"]
    assert one.undefined is StrictUndefined
    with pytest.raises(UndefinedError):
        page_templates().from_string("{{ who }}").render()
