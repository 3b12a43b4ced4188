"""What a contact does with its invitation."""

from harness.eventually import eventually
from mail_folder import mails_to, token_of

PASSWORD = 'correct horse battery staple'


def invitation_of(system, contact, state='INVITATION_STATE_SENT'):
    """The contact's latest invitation, once it is in a state."""
    def probe():
        found = system.api.get(f'/v1/invitations?contactId={contact["id"]}').get('invitations', [])
        states = [invitation['state'] for invitation in found]
        assert states and states[0] == state, f'{contact["email"]}: got {states}, want {state}'
        return found[0]
    return eventually(probe)


def invited(system, contact):
    """The token that was mailed to the contact; waits for the mail."""
    invitation_of(system, contact)
    return token_of(mails_to(system.mail, contact['email'])[-1])


def accept(browser, token, user_id, password=PASSWORD):
    return browser.request('POST', '/v1/portal/invitations:accept',
                           {'token': token, 'userId': user_id, 'password': password})


def sign_in(browser, user_id, password=PASSWORD):
    return browser.request('POST', '/v1/portal/sessions',
                           {'userId': user_id, 'password': password})
