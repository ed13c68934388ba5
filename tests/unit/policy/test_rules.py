"""The policies say who may do what; everything else is denied."""

import pytest

from appliance.foundation.errors import AuthorizationError, HomeError
from appliance.policy import Principal, Rules, find_policy_folder

EVERYONE = {"operator", "admin", "trainer", "reviewer", "auditor"}
MATRIX = {
    "dataset.import": {"operator", "trainer"},
    "dataset.read": {"operator", "trainer"},
    "dataset.list": EVERYONE,
    "model.import": {"operator", "admin"},
    "job.submit": {"operator", "trainer"},
    "job.stop": {"operator", "trainer", "admin"},
    "adapter.use": {"operator", "trainer", "reviewer"},
    "user.create": {"operator", "admin"},
    "audit.verify": {"operator", "admin", "auditor"},
    "audit.read": {"operator", "admin", "auditor"},
    "audit.review": {"auditor"},
    "vault.seal": {"operator", "admin"},
    "no.such-action": set(),
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules.load(find_policy_folder())


@pytest.mark.parametrize("action", MATRIX)
@pytest.mark.parametrize("role", [*sorted(EVERYONE), "root", ""])
def test_each_role_may_do_exactly_what_the_matrix_says(rules: Rules, role: str, action: str) -> None:
    principal = Principal("us_1", role)
    if role in MATRIX[action]:
        rules.verify_allowed(principal, action, "dataset", "ds_1")
    else:
        with pytest.raises(AuthorizationError, match="may not do this"):
            rules.verify_allowed(principal, action, "dataset", "ds_1")


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_policy_is_an_error_and_not_a_silent_denial(text: str) -> None:
    with pytest.raises(HomeError, match="no policies"):
        Rules(text)


def test_a_policy_that_does_not_parse_prevents_the_start() -> None:
    with pytest.raises(HomeError, match="do not parse"):
        Rules("permit (everyone);")


def test_forbid_overrides_permit() -> None:
    rules = Rules('permit (principal, action, resource); forbid (principal, action == Action::"a.b", resource);')
    rules.verify_allowed(Principal("us_1", "admin"), "a.c", "x", "1")
    with pytest.raises(AuthorizationError):
        rules.verify_allowed(Principal("us_1", "admin"), "a.b", "x", "1")


def test_a_policy_that_fails_to_evaluate_denies() -> None:
    rules = Rules(
        'permit (principal, action, resource); permit (principal, action, resource) when { principal.missing == "x" };'
    )
    with pytest.raises(AuthorizationError):
        rules.verify_allowed(Principal("us_1", "admin"), "a.b", "x", "1")


def test_an_oversized_policy_file_is_refused(tmp_path) -> None:
    (tmp_path / "a.cedar").write_bytes(b" " * (1024 * 1024 + 1))
    with pytest.raises(HomeError, match="is larger than"):
        Rules.load(tmp_path)


@pytest.mark.parametrize(
    "content",
    [{}, {"a.cedar": b""}, {"a.cedar": b"// permit (principal, action, resource);\n"}, {"readme.md": b"permit"}],
)
def test_a_folder_without_a_policy_is_an_error(tmp_path, content: dict[str, bytes]) -> None:
    """It would deny everything and tempt people to turn the check off."""
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(HomeError, match="no policies"):
        Rules.load(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path) -> None:
    """It is treated as an empty one."""
    with pytest.raises(HomeError):
        Rules.load(tmp_path / "absent")


@pytest.mark.parametrize(
    "data", [b"\xff\xfe", b"permit (", b"permit (principal, action, resource);\ngarbage", b"permit\x00"]
)
def test_one_broken_file_disables_all_policies(tmp_path, data: bytes) -> None:
    """The broken file may contain the policy that forbids an action."""
    (tmp_path / "a.cedar").write_bytes(b"permit (principal, action, resource);")
    (tmp_path / "b.cedar").write_bytes(data)
    with pytest.raises(HomeError):
        Rules.load(tmp_path)


def test_one_unreadable_file_disables_all_policies(tmp_path) -> None:
    """A folder with a policy's name, a dangling link."""
    (tmp_path / "a.cedar").write_bytes(b"permit (principal, action, resource);")
    (tmp_path / "b.cedar").mkdir()
    with pytest.raises(HomeError, match="cannot be read"):
        Rules.load(tmp_path)
    (tmp_path / "b.cedar").rmdir()
    (tmp_path / "b.cedar").symlink_to(tmp_path / "nowhere")
    with pytest.raises(HomeError, match="cannot be read"):
        Rules.load(tmp_path)


def test_every_action_of_the_services_is_in_the_policies() -> None:
    """Otherwise the action would be denied to everyone, for no visible reason."""
    import re

    from appliance.services.operations import operations

    text = "".join(path.read_text(encoding="utf-8") for path in sorted(find_policy_folder().glob("*.cedar")))
    named = set(re.findall(r'Action::"([a-z.-]+)"', text))
    asked = {each.action for each in operations().values()}
    assert asked <= named, asked - named
