# SPDX-License-Identifier: GPL-3.0-or-later
"""A delivery status notification as it arrived, taken apart by Python's email package, with the promises that all of
mailchute's keep.

    note = Notification(octets, to="me@example.org")     raises AssertionError for what is none
    note.words                                           what people read, LF line ends
    note.per_message, note.recipients                    RFC 3464's fields; note.only(): of the only recipient
    note.returned                                        the message, or its header
"""

import email
import email.policy


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
        assert words.get_content_type() == "text/plain", words
        self.words = words.get_content().replace("\r\n", "\n")
        assert status.get_content_type() == "message/delivery-status", status
        self.per_message, *self.recipients = status.get_payload()
        assert self.per_message["Reporting-MTA"] == "dns; client.example.org"

    def only(self):
        recipient, = self.recipients
        return recipient
