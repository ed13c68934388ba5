"""Where everything meets: builds the object graph, in the order in which processes must start, and registers `serve`.

    fork the launcher -> take the home's lock -> bind the sockets -> confine this process -> open the log -> the rest

The launcher comes first because restrictions are inherited and cannot be undone. Nothing before the confinement starts
a thread, and nothing before it imports Gradio: Landlock does not reach a thread that already runs.
"""

import contextlib
import errno
import functools
import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from appliance.audit import AuditLog
from appliance.cli.client import SOCKET_NAME
from appliance.cli.interface import build_commands
from appliance.foundation.atomic_files import make_private_folder, storage_errors
from appliance.foundation.clock import SystemClock
from appliance.foundation.errors import ConflictError, InputError, StorageError
from appliance.foundation.home_lock import HomeLock
from appliance.foundation.messages import message
from appliance.foundation.settings import Settings
from appliance.jobs.launcher import Launcher
from appliance.jobs.sandbox import confine_server
from appliance.policy import Limits, Rules, find_policy_folder
from appliance.services.appliance import Appliance
from appliance.services.context import OPERATOR, ServiceContext
from appliance.services.home.at_start import note_configuration, prove_isolation
from appliance.services.home.life import Serving
from appliance.services.record.reread_log import LogRereading
from appliance.services.record.syslog_feed import SyslogFeed

BACKLOG = 128


class LocalProgram:
    """Owns homes on this machine."""

    @contextlib.contextmanager
    def own_home(
        self, settings: Settings, *, read: tuple[Path, ...] = (), write: tuple[Path, ...] = ()
    ) -> Iterator[Appliance]:
        """Own the home for one command. Raises `HomeError` if another process does, `IsolationError` without walls."""
        with self._owned(settings, read, write, lambda: ()) as (appliance, _sockets):
            yield appliance

    @contextlib.contextmanager
    def empty_home(self, settings: Settings, *, read: tuple[Path, ...]) -> Iterator[None]:
        """Hold the lock of a home that is to be restored; starts no worker. Raises `HomeError`, `IsolationError`."""
        os.umask(0o077)
        lock = HomeLock(settings.home)
        try:
            confine_server(read=(find_policy_folder(), *read), write=(settings.home,))
            yield
        finally:
            lock.release()

    def serve(self, settings: Settings, passphrase: str | None, announce: Callable[[str], None]) -> None:
        """Serve until stopped. Without a passphrase the vault stays sealed until `appliance unseal`."""
        _verify_loopback(settings.host)
        make_private_folder(settings.home)

        def bind() -> tuple[socket.socket, ...]:
            listening = _bind_tcp(settings.host, settings.port), _bind_unix(settings.home / SOCKET_NAME)
            # Made now or never: the walls refuse every new socket. It can only send to sockets of this machine.
            syslog = Limits.load(find_policy_folder()).audit.syslog_socket
            kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
            return (*listening, socket.socket(socket.AF_UNIX, kind)) if syslog else listening

        with self._owned(settings, (), (), bind) as (appliance, (tcp, unix, *senders)), contextlib.ExitStack() as stack:
            appliance.context.part(Serving).on = True
            appliance.context.launcher.prove()
            if passphrase is not None:
                # Starts the queue, as every unseal does, once it is clear what a crash left.
                appliance.context.unseal(passphrase)
            for sender in senders:  # Only `sendto` to a path is used: `connect` is refused to this process.
                path = appliance.context.limits.audit.syslog_socket
                feed = SyslogFeed(appliance.context, functools.partial(_send, sender, path))
                feed.start()
                stack.callback(feed.stop)
            rereading = LogRereading(appliance.context)
            rereading.start()
            stack.callback(rereading.stop)
            from appliance.web import serve_pages  # noqa: PLC0415 - only now: what it imports starts threads

            serve_pages(appliance, tcp, unix, announce)

    @contextlib.contextmanager
    def _owned(
        self,
        settings: Settings,
        read: tuple[Path, ...],
        write: tuple[Path, ...],
        bind: Callable[[], tuple[socket.socket, ...]],
    ) -> Iterator[tuple[Appliance, tuple[socket.socket, ...]]]:
        os.umask(0o077)
        make_private_folder(settings.home)
        with contextlib.ExitStack() as stack:
            launcher = Launcher.start(settings.home, read=read)
            stack.callback(launcher.close)
            lock = HomeLock(settings.home)
            stack.callback(lock.release)
            sockets = bind()
            for each in sockets:
                stack.callback(each.close)
            policies = find_policy_folder()
            confine_server(read=(policies, *read), write=(settings.home, *write))
            log = AuditLog.open(settings.home / "audit", SystemClock())
            context = ServiceContext(
                settings, SystemClock(), Rules.load(policies), log, launcher, Limits.load(policies)
            )
            note_configuration(context, policies)
            launcher.prove_first(lambda: prove_isolation(context, OPERATOR))
            appliance = Appliance(context)
            stack.callback(appliance.close)
            yield appliance, sockets


def _verify_loopback(host: str) -> None:
    """Raise `InputError` unless `host` is this machine's own: others need TLS, which this version does not have."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise InputError("serve.tls", host=host)


def _bind_tcp(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise ConflictError("serve.port", port=port) from error
        raise ConflictError("serve.address", host=host, strerror=str(error.strerror)) from error
    return listener


def _bind_unix(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)  # The lock is ours, so whoever left it is gone.
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        with storage_errors(message("task:open-socket")):
            listener.bind(str(path))
            path.chmod(0o600)
            listener.listen(BACKLOG)
    except StorageError:
        listener.close()
        raise
    return listener


def _send(sender: socket.socket, path: str, message: bytes) -> None:
    sender.sendto(message, path)


def main() -> None:
    """Run the `appliance` command."""
    sys.exit(build_commands(LocalProgram())())
