"""Authorization by Cedar (https://www.cedarpolicy.com): deny by default, forbid overrides permit.

The policies are read once, at start, and all are refused if one does not parse. An empty folder is an error: it would
deny everything and tempt people to turn the check off.
"""

import sysconfig
from dataclasses import dataclass
from pathlib import Path

import cedarpy

from appliance.foundation.errors import AuthorizationError, HomeError
from appliance.foundation.roles import ROLES

MAX_POLICY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Principal:
    """The caller: an opaque id and one role."""

    id: str
    role: str


def find_policy_folder() -> Path:
    """Return the folder of policies, of the checkout or of the installation. Raises `HomeError`."""
    checkout = Path(__file__).resolve().parents[2] / "policies"
    installed = Path(sysconfig.get_path("data")) / "share" / "appliance" / "policies"
    for folder in (checkout, installed):
        if folder.is_dir():
            return folder
    raise HomeError("policy.missing")


def policy_files(folder: Path) -> list[Path]:
    """Return the files that decide what the appliance permits and does: the rules, and the limits."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".cedar", ".toml"}) if folder.is_dir() else []


class Rules:
    """The parsed policies."""

    def __init__(self, text: str) -> None:
        """Parse `text` (Cedar). Raises `HomeError` if it has no policy or does not parse."""
        try:
            self._policies = cedarpy.PolicySet.from_str(text)
        except ValueError as error:
            raise HomeError("policy.parse") from error
        if len(self._policies) == 0:  # A file with only comments parses too.
            raise HomeError("policy.empty")

    @classmethod
    def load(cls, folder: Path) -> "Rules":
        """Read every `*.cedar` file of `folder`, sorted by name. Raises `HomeError`."""
        texts = []
        for path in sorted(folder.glob("*.cedar")):
            try:
                with path.open("rb") as file:
                    data = file.read(MAX_POLICY_BYTES + 1)
                texts.append(data.decode("utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise HomeError("policy.read", file=path.name) from error
            if len(data) > MAX_POLICY_BYTES:
                raise HomeError("policy.size", file=path.name, max_bytes=MAX_POLICY_BYTES)
        return cls("\n".join(texts))

    def allows(self, principal: Principal, action: str, resource_kind: str, resource_id: str) -> bool:
        """Tell whether a policy permits the action, none forbids it, and none fails."""
        role = ROLES.get(principal.role)
        if role is None:
            return False
        request = {
            "principal": {"type": "User", "id": principal.id},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Object", "id": f"{resource_kind}/{resource_id}"},
            "context": {},
        }
        attributes = {"role": role.name, "groups": sorted(role.groups)}
        entities = [{"uid": {"type": "User", "id": principal.id}, "attrs": attributes, "parents": []}]
        decision = cedarpy.is_authorized(request, self._policies, entities)
        return bool(decision.allowed and not decision.diagnostics.errors)

    def verify_allowed(self, principal: Principal, action: str, resource_kind: str, resource_id: str) -> None:
        """Raise `AuthorizationError` unless `allows`."""
        if not self.allows(principal, action, resource_kind, resource_id):
            raise AuthorizationError("policy.denied", role=principal.role, action=action)
