"""Reads the mails that the system wrote into its maildir."""

import email
import email.policy
import re


def mails_to(maildir, address):
    """The delivered mails to an address, in the order of their arrival."""
    mails = []
    for folder in ('new', 'cur'):
        for path in (maildir / folder).glob('*'):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if address in str(mail['To']):
                mails.append((path.stat().st_mtime_ns, path.name, mail))
    return [mail for _, _, mail in sorted(mails, key=lambda entry: entry[:2])]


def link_of(mail):
    """The portal link in a mail's text."""
    text = mail.get_body(preferencelist=('plain', 'html')).get_content()
    return re.search(r'https?://\S+/accept#token=[\w-]+', text).group()


def token_of(mail):
    return link_of(mail).partition('#token=')[2]
