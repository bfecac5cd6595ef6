# SPDX-License-Identifier: GPL-3.0-or-later
"""Deliveries by a daemon that is disturbed at one system call, finished by one that is not.

A Trial begins with a copy of a prepared queue. One life of the daemon is disturbed; the disk is held against the
table in src/queue/layout.h. A second life works undisturbed: every message has to come to where its kind says. Then the
smart host is mended, and what waits or is held has to be delivered. At last the smart host's memory is counted: each
recipient got the message, whole, or its sender was told, in one notification; and a second copy of either came only if
the first life had sent the final dot of one.
"""

import collections
import dataclasses
import email.message
import email.policy
import pathlib
import re
import shutil
import time

import daemon
import entries
from kinds import refuse
from mailchute import Mailchute
from scripted import ScriptedServer
from tls import CertificateAuthority

HOUR = 3600
DELAY_NOTICE = 1
FOLDERS = ("new", "cur", "held", "failed")  # where a message can be
# What the daemon says of trouble with its own files.
COMPLAINT = r"mailchuted: ([a-z]+-failed|unreadable|ignored|unsaved|cannot-start|worker-died)\b.*"
TOLD = r"mailchuted: (?:bounced|notified) id=\S+ notification=(\S+)"
VERDICT = r"mailchuted: (delivered|possibly-delivered|deferred|failed|held) id={} "
SENDER = "me@example.org"


@dataclasses.dataclass
class Site:
    """What all trials share."""
    folder: pathlib.Path
    certificates: tuple = None
    ca_file: pathlib.Path = None

    def __post_init__(self):
        authority = CertificateAuthority(self.folder / "ca")
        self.ca_file, self.certificates = authority.file, authority.issue("127.0.0.1")
        self.ca_file.chmod(0o644)
        for path in (self.folder, self.folder / "ca"):
            path.chmod(0o711)

    def server(self, kind, script):
        server = ScriptedServer(script, tls=None if kind.tls == "none" else kind.tls, cert=self.certificates)
        server.capabilities.remove("DSN")  # whoever asks to be told is told by mailchuted
        return server

    def place(self, folder, kind, server, delay_notice="never"):
        # One attempt a life, unless a test asks for more.
        place = Mailchute(folder, host="127.0.0.1", port=server.port, tls=kind.tls, start=False,
                          ca_file=None if kind.tls == "none" else self.ca_file,
                          settings={"sync_every": 1, "retry": {"first": HOUR, "longest": HOUR, "delay_notice": delay_notice}})
        if kind.aliases:
            file = place.directory / "aliases"
            file.write_text("".join(f"{name}: {', '.join(kind.recipients(name))}\n" for name in kind.aliases))
            place.configure({"aliases": file})
        return place


class Snapshot:
    """The queue's files, held against the table of states."""

    def __init__(self, spool):
        self.files = {name: sorted(path.name for path in (spool / name).iterdir())
                      for name in (*FOLDERS, "tmp", "work", "info")}
        strangers = {path.name for path in spool.iterdir()} - {*self.files, "lock"}
        assert not strangers, f"strange files {strangers}"
        self.places = collections.defaultdict(list)
        self.entries = {}
        for folder in FOLDERS:
            for name in self.files[folder]:
                self.places[name].append(folder)
                self.entries[name] = entries.read(spool / folder / name)  # Torn
        for name, places in self.places.items():
            assert len(places) == 1, f"{name} is in {places}"

    def place(self, name):
        return next(iter(self.places.get(name, [])), None)

    def open_entries(self):
        """Those that the daemon still has to attempt."""
        return [name for name in self.files["new"] + self.files["cur"]
                if set(self.entries[name].status.values()) & set("-?") and not self.entries[name].held]

    def check_tidy(self):
        """After a start nothing is left of what a crash left half done."""
        assert not self.files["tmp"] and not self.files["work"] and not self.files["new"], self
        orphans = set(self.files["info"]) - set(self.files["cur"]) - set(self.files["held"])
        assert not orphans, f"{orphans} in info without an entry: {self}"

    def __str__(self):
        return ", ".join(f"{folder}: {names}" for folder, names in self.files.items() if names)


class Notification:
    """A delivery status notification as it arrived; an AssertionError if it is none, or torn."""

    def __init__(self, text):
        self.text = text
        report = email.message_from_bytes(text, policy=email.policy.SMTP)
        assert report.get_content_type() == "multipart/report" and not report.defects, f"torn: {text[:500]!r}"
        assert text.endswith(f"--{report.get_boundary()}--\r\n".encode()), f"torn: {text[-200:]!r}"
        self.id = report["Message-ID"]
        status = next(part for part in report.walk() if part.get_content_type() == "message/delivery-status")
        self.told = {(block["Final-Recipient"].partition(";")[2].strip(), block["Action"])
                     for block in status.get_payload() if block["Action"]}


class Prepared:
    """A queue as a life begins with it."""

    def __init__(self, site, kind):
        self.site, self.kind, self.folder = site, kind, site.folder / f"prepared {kind.name}"
        with site.server(kind, kind.before) as server:
            place = site.place(self.folder, kind, server)
            for names in kind.messages:
                to = [name if name in kind.aliases else f"{name}@example.org" for name in names]
                done = place.sendmail(kind.text, "-i", "-f", kind.sender or "<>", *kind.options, *to)
                assert done.returncode == 0, done.stderr
            self.ids = [path.name for path in place.entries("new")]
            if kind.before is not None:
                attempt_once(place, self.ids)
        self.entries = dict(Snapshot(place.spool).entries)
        assert sorted(self.entries) == self.ids
        self.status = {name: {recipient: octet for address, octet in entry.status.items()
                              for recipient in kind.recipients(address)} for name, entry in self.entries.items()}
        self.to_tell = {name: {(address, kind.told(address)) for address, octet in status.items()
                               if octet == "-" and kind.told(address)} for name, status in self.status.items()}
        if kind.late:
            submitted = max(float(entry.field(b"Time")) for entry in self.entries.values())
            daemon.wait_until(lambda: time.time() > submitted + DELAY_NOTICE, "mail is late")
        self.texts = {name: entry.message.replace(b"\n", b"\r\n") for name, entry in self.entries.items()}

    def copy_to(self, spool):
        copy_queue(self.folder / "spool", spool)


def copy_queue(source, spool):
    for name in (*FOLDERS, "info"):
        for path in (source / name).iterdir():
            copy = spool / name / path.name
            shutil.copy(path, copy)
            shutil.chown(copy, path.stat().st_uid, path.stat().st_gid)
            copy.chmod(path.stat().st_mode & 0o7777)


def attempt_once(place, names):
    place.start()
    for name in names:
        assert place.wait_for_log(VERDICT.format(name)), place.log()
    daemon.ask(place, "STATUS")  # answered after what was logged is recorded
    daemon.wait_until(lambda: {path.name for path in place.entries()} <= set(names), "notifications are delivered")
    place.stop()
    for path in (place.spool / "info").iterdir():  # due again at once
        attempts, last, _, reason = path.read_bytes().split(b" ", 3)
        path.write_bytes(b" ".join((attempts, last, last, reason)))


class Trial:
    def __init__(self, prepared, folder, who, call=None, disturbance=None):
        self.prepared, self.kind, self.site = prepared, prepared.kind, prepared.site
        self.folder, self.who, self.call, self.disturbance = folder, who, call, disturbance
        self.server = self.site.server(self.kind, self.kind.script)
        self.log = ""

    def run(self):
        """self, or an AssertionError that names the call."""
        try:
            with self.server:
                self.place = self._place()
                self.prepared.copy_to(self.place.spool)
                self._first_life()
                self._second_life()
            self._count()
        except Exception as error:
            self.log += self.place.log()
            raise AssertionError(f"{self.kind.name}, {self}: {error}; log: {self.log[-1500:]}") from error
        finally:
            self.place.kill()
        shutil.rmtree(self.folder)
        return self

    def trace(self):
        """The calls of an undisturbed life."""
        with self.server:
            self.place = self._place()
            self.prepared.copy_to(self.place.spool)
            return daemon.trace(self.who, self.place, self._attempted)

    def _place(self):
        return self.site.place(self.folder, self.kind, self.server, DELAY_NOTICE if self.kind.late else "never")

    # --- the life that is disturbed

    def _attempted(self):
        log = self.place.log()
        notifications = re.findall(TOLD, log)
        return len(notifications) == sum(map(bool, self.prepared.to_tell.values())) and all(
            re.search(VERDICT.format(name), log) for name in self.prepared.ids + notifications)

    def _attempted_or_complained(self):
        return self._attempted() or re.search(COMPLAINT, self.place.log())

    def _first_life(self):
        killed = self.disturbance == "signal=KILL"
        is_over = self._attempted if killed else self._attempted_or_complained
        daemon.disturb(self.who, self.place, is_over, self.call, self.disturbance)
        self._wait_for_silence()
        self.log += self.place.log()
        self.sent = collections.Counter(self._ids_of(self.server.messages))
        self.left = Snapshot(self.place.spool)

    def _wait_for_silence(self):
        """What the dead daemon has sent is read by the server to its end."""
        assert self.server.wait_for(lambda server: all(session.closed for session in server.sessions))

    # --- the life that is not

    def _second_life(self):
        waiting = self.left.open_entries()
        settled = set(self.left.files["cur"]) - set(waiting)  # but not yet moved
        self.place = self._place()
        later = any(self._later(name) for name in [*waiting, *settled])
        self.place.start()
        if later:
            daemon.ask(self.place, "RETRY *")
        self._wait_for_verdicts(waiting)
        daemon.wait_until(lambda: not any((self.place.spool / "cur" / name).exists() for name in settled),
                          f"{settled} are moved")
        for _ in range(self.kind.lost):
            again = [name for name, entry in Snapshot(self.place.spool).entries.items() if "?" in entry.status.values()]
            if again:
                daemon.ask(self.place, "RETRY *")
                self._wait_for_verdicts(again, count=2)
        daemon.wait_until(self._notifications_attempted, "each notification is attempted")
        self._check_places()
        self._mend()
        self.place.stop()
        self._check_end()

    def _later(self, name):
        """Whether the first life has put off the next attempt. Asked before the second, which may do so, too."""
        try:
            note = (self.place.spool / "info" / name).read_bytes()
        except FileNotFoundError:
            return False
        return float(note.split(b" ")[2]) > time.time()

    def _wait_for_verdicts(self, names, count=1):
        for name in names:
            found = self.place.wait_for_log(VERDICT.format(name), timeout=30, count=count)
            assert found, f"no verdict on {name}, which was left as {self.left}"
        daemon.ask(self.place, "STATUS")  # answered after what was logged is recorded

    def _notifications_attempted(self):
        log = self.place.log()
        names = {path.name for path in self.place.entries("new", "cur")} - set(self.prepared.ids)
        daemon.ask(self.place, "STATUS")
        return all(re.search(VERDICT.format(name), log) for name in names)

    def _check_places(self):
        now = Snapshot(self.place.spool)
        now.check_tidy()
        for name, status in self.prepared.status.items():
            expected = {address: self.kind.expected(address) for address in status}
            expected = {address: "+" if octet in "!~" and self.kind.told(address) else octet
                        for address, octet in expected.items()}
            place = self._place_for(expected)
            assert now.place(name) == place, f"{name} is in {now.place(name)}, not in {place}; {now}"
            if place in ("cur", "failed"):
                assert now.entries[name].status == expected, now.entries[name].progress
            if place == "held":
                assert now.entries[name].held, now.entries[name].progress
            if place == "cur":
                self._check_attempts(name)

    def _place_for(self, expected):
        if "-" in expected.values():
            return "held" if self.kind.held else "cur"
        return "failed" if "!" in expected.values() else None

    def _check_attempts(self, name):
        attempts = int((self.place.spool / "info" / name).read_bytes().split(b" ")[0])
        assert 1 <= attempts <= 3, f"{attempts} attempts are noted"

    def _mend(self):
        """All that is neither delivered nor refused gets there now."""
        self.server.script = {"rcpt": refuse}
        now = Snapshot(self.place.spool)
        waiting = now.files["cur"] + now.files["held"]
        before = {name: self._verdicts(name) for name in waiting}
        if waiting:
            daemon.ask(self.place, "RETRY " + " ".join(waiting))
        for name in waiting:
            assert self.place.wait_for_log(VERDICT.format(name), count=before[name] + 1, timeout=30), name

    def _verdicts(self, name):
        return len(re.findall(VERDICT.format(name), self.place.log()))

    # --- what has come of it

    def _check_end(self):
        end = Snapshot(self.place.spool)
        end.check_tidy()
        assert not end.files["cur"] and not end.files["held"], end
        dead = {name: entry for name, entry in end.entries.items() if name not in self.prepared.ids}
        self.dead_notifications = [entry.message.replace(b"\n", b"\r\n") for entry in dead.values()]
        for name in set(end.files["failed"]) - set(dead):
            refused = {address for address, octet in end.entries[name].status.items() if octet == "!"}
            assert not self.kind.sender and refused == self._refused(name), end.entries[name].progress

    def _refused(self, name):
        return {address for address in self.prepared.status[name] if self.kind.expected(address) == "!"}

    def _ids_of(self, messages):
        """What each message that the server did not refuse is: an id, or a notification's Message-ID."""
        by_text = {text: name for name, text in self.prepared.texts.items()}
        names = []
        for message in messages:
            if not message.accepted and message.reply is not None:
                continue
            if message.data in by_text:
                assert message.sender == self.kind.sender, message.sender
                names.append(by_text[message.data])
            else:
                assert message.sender == "" and message.recipients == [self.kind.sender], message.mail
                names.append(Notification(message.data).id)
        return names

    def _count(self):
        messages = [message for message in self.server.messages if message.accepted or message.reply is None]
        copies = collections.Counter()
        for message, name in zip(messages, self._ids_of(messages)):
            copies.update((name, address) for address in message.recipients)
        duplicated = self._count_notifications(messages)
        for name, status in self.prepared.status.items():
            for address, octet in status.items():
                if octet not in "-?" or address in self._refused(name):
                    assert copies[name, address] == 0, f"{address} got what he should not"
                    continue
                assert copies[name, address] > 0, f"lost: {address}"
                once_more = copies[name, address] - 1 - self.kind.lost
                if once_more > 0:
                    assert once_more == 1 and self.sent[name], f"{once_more} duplicates for {address}"
                    duplicated.add(name)
        assert len(duplicated) <= 1, f"duplicates of {duplicated}"
        self.duplicates = len(duplicated)

    def _count_notifications(self, messages):
        """All that is to be told is, in one notification, whole, delivered or itself undeliverable. Returns those sent again."""
        texts = [message.data for message in messages if message.data not in self.prepared.texts.values()]
        notifications = [Notification(text) for text in texts + self.dead_notifications]
        copies = collections.Counter(notification.id for notification in notifications)
        for to_tell in self.prepared.to_tell.values():
            for one in to_tell:
                ids = {notification.id for notification in notifications if one in notification.told}
                assert len(ids) == 1, f"{one} is in {len(ids)} notifications"
        told = {one for notification in notifications for one in notification.told}
        assert told == set().union(*self.prepared.to_tell.values()), f"told of {told}"
        for one in copies:
            assert len({note.text for note in notifications if note.id == one}) == 1, "torn, or two of the same name"
        again = {one for one, count in copies.items() if count > 1}
        assert all(copies[one] == 2 and self.sent[one] for one in again), f"notifications sent again: {copies}"
        return again

    def outcome(self):
        places = collections.Counter(self.left.place(name) or "gone" for name in self.prepared.ids)
        return ", ".join(sorted(places)) + (", sent again" if self.duplicates else "")

    def answer(self):
        """To an error: what the daemon said, or that it did its work all the same."""
        complaint = re.search(COMPLAINT, self.log)
        return f"said {complaint[1]}" if complaint else "went on"

    def __str__(self):
        return f"{self.disturbance} at {self.call} ({self.call.text[:80]})" if self.call else "undisturbed"
