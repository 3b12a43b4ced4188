"""Prints what Python's email library reads in a message file, as JSON."""

import email.header
import email.policy
import email.utils
import json
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.SMTPUTF8)


def mailbox(header):
    # Not message[header].addresses: it leaves the space between two encoded words in a name.
    raw = dict(message.raw_items())[header].encode("utf-8", "surrogateescape").decode()
    name, address = email.utils.parseaddr(raw.replace("\r\n", "").replace("\n", ""))
    decoded = email.header.make_header(email.header.decode_header(name))
    return {"display_name": str(decoded), "address": address}


def text(part):
    # What base64 carries has CRLF line ends (RFC 2045, section 6.8).
    return part.get_content().replace("\r\n", "\n")


leaves = [part for part in message.walk() if not part.is_multipart()]
print(
    json.dumps(
        {
            "from": mailbox("From"),
            "to": mailbox("To"),
            "subject": message["Subject"],
            "date": message["Date"].datetime.timestamp(),
            "headers": {name: str(value) for name, value in message.items()},
            "type": message.get_content_type(),
            "parts": {part.get_content_type(): text(part) for part in leaves},
            "encodings": [part["Content-Transfer-Encoding"] for part in leaves],
            "defects": [
                repr(defect)
                for part in message.walk()
                for defect in [*part.defects, *(d for v in part.values() for d in v.defects)]
            ],
        }
    )
)
