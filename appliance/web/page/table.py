"""The pages, a row each. A new page is a row here and a module that lays it out; its sentences are in the catalogues.

The table is read before Gradio is imported, so it names the modules and does not import them.
"""

from dataclasses import dataclass

from appliance.audit import ObjectRef
from appliance.foundation.messages import LANGUAGES
from appliance.services.context import LOG, Caller, ServiceContext
from appliance.services.operations import may


@dataclass(frozen=True)
class Permission:
    """What the rules are asked: whether somebody may do `action` to an object of `kind`."""

    action: str
    kind: str
    identifier: str = "any"

    def given(self, context: ServiceContext, caller: Caller) -> bool:
        """Tell whether the caller has it."""
        return may(context, caller, self.action, self.kind, self.identifier)

    def verify(self, context: ServiceContext, caller: Caller) -> None:
        """Raise `AuthorizationError` unless the caller has it; a denial is logged."""
        context.verify_allowed(caller, self.action, ObjectRef(self.kind, self.identifier))


@dataclass(frozen=True)
class PageRow:
    """A page at `/<name>/<language>/`: the message `page-<name>` is what it is called.

    `module` has a function `build(page: Page) -> None`. `opens`: what somebody must be permitted to do to open it.
    `begins`: whom it receives after signing in; the first row that receives somebody does.
    """

    name: str
    module: str
    opens: Permission
    begins: Permission
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Return where it is, whatever the language."""
        return f"/{self.name}"

    def mount(self, language: str) -> str:
        """Return where it is in a language."""
        return f"{self.path}/{language}"


_LOOKS_AROUND = Permission("adapter.list", "adapter")
PAGES = (
    PageRow(
        "audit",
        "appliance.web.audit.pages",
        opens=Permission("audit.read", LOG.kind, LOG.id),
        begins=Permission("audit.review", LOG.kind, LOG.id),
        styles=("audit.css",),
        scripts=("audit.js",),
    ),
    PageRow("app", "appliance.web.wizard.pages", opens=_LOOKS_AROUND, begins=_LOOKS_AROUND, scripts=("wizard.js",)),
)
MOUNTS = {row.mount(language): (row, language) for row in PAGES for language in LANGUAGES}


def first_page(context: ServiceContext, caller: Caller) -> PageRow:
    """Return the page on which the caller begins."""
    return next((row for row in PAGES if row.begins.given(context, caller)), PAGES[-1])


def pages_for(context: ServiceContext, caller: Caller) -> tuple[PageRow, ...]:
    """Return the pages that the caller may open, in the order in which they are listed."""
    return tuple(row for row in reversed(PAGES) if row.opens.given(context, caller))
