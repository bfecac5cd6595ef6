# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivery status notification as it arrived, taken apart by Python's email package, with the promises that all of
mailchute's keep.

    note = Notification(octets, to="me@example.org")     raises AssertionError for what is none
    note.words                                           what people read, LF line ends
    note.per_message, note.recipients                    RFC 3464's fields; note.only(): of the only recipient
    note.returned                                        the message, or its header
    note.original                                        what is in it, as a message
"""

import email
import email.policy
import re

# RFC 3464, 2.3.3, of which mailchute says these; and the classes of status codes that each may have.
_CLASSES = {"failed": "45", "delayed": "4", "delivered": "2", "relayed": "2"}


class Notification:
    def __init__(self, octets, to):
        self.octets = octets
        self.mail = email.message_from_bytes(octets, policy=email.policy.default)
        assert not self.mail.defects and not any(part.defects for part in self.mail.walk()), self.mail.defects
        assert self.mail.get_content_type() == "multipart/report", self.mail.get_content_type()
        assert self.mail.get_param("report-type") == "delivery-status"
        assert self.mail["Auto-Submitted"] == "auto-replied" and self.mail["To"].addresses[0].addr_spec == to
        assert self.mail["From"].addresses[0].username == "MAILER-DAEMON" and self.mail["Date"].datetime
        words, status, self.returned = self.mail.iter_parts()
        for part in self.mail, words, status, self.returned:
            wrong = {name: value.defects for name, value in part.items() if value.defects}
            assert not wrong, wrong
        assert words.get_content_type() == "text/plain", words
        self.words = words.get_content().replace("\r\n", "\n")
        assert status.get_content_type() == "message/delivery-status", status
        self.per_message, *self.recipients = status.get_payload()
        assert self.per_message["Reporting-MTA"] == "dns; client.example.org"
        assert self.recipients
        for recipient in self.recipients:
            _check_recipient(recipient)
        self.original = self._original()

    def only(self):
        recipient, = self.recipients
        return recipient

    def _original(self):
        if self.returned.get_content_type() == "message/rfc822":
            return self.returned.get_payload()[0]
        assert self.returned.get_content_type() == "text/rfc822-headers", self.returned.get_content_type()
        original = email.message_from_string(self.returned.get_payload(), policy=email.policy.default)
        assert not original.defects and not original.get_payload(), original.defects
        return original


def _check_recipient(fields):
    """RFC 3464, 2.3: what must be there, each field once, and no group without it."""
    names = [name.lower() for name in fields.keys()]
    assert len(names) == len(set(names)) and {"final-recipient", "action", "status"} <= set(names), names
    assert re.fullmatch(r"(rfc822|utf-8); \S.*", fields["Final-Recipient"]), fields
    classes = _CLASSES[fields["Action"]]
    assert re.fullmatch(rf"[{classes}]\.\d{{1,3}}\.\d{{1,3}}", fields["Status"]), fields
