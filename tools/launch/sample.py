"""The sample company: one division, class, account, site and contact."""

import json
import time

import mail_folder

ACCOUNT_NUMBER = '4941'
EMAIL = 'john@example.com'
FINAL_STATES = ('SENT', 'DELIVERED', 'BOUNCED', 'FAILED', 'ACCEPTED', 'EXPIRED', 'REVOKED')


def load(api):
    """Creates the sample company unless it is there, and answers its contact."""
    accounts = api.get(f'/v1/accounts?number={ACCOUNT_NUMBER}').get('accounts')
    if accounts:
        contacts = api.get(f'/v1/contacts?accountId={accounts[0]["id"]}').get('contacts')
        if contacts:
            return contacts[0]

    def create(path, request_id, body):
        # The request id makes a load that was cut short continue where it was.
        created = api.post(f'{path}?requestId={request_id}', body)
        print(f'  POST {path} {json.dumps(body)}\n    → {created["id"]}', flush=True)
        return created

    division = create('/v1/setup/divisions', 'sample-division',
                      {'displayName': 'North', 'email': 'north@hauler.example'})
    account_class = create('/v1/setup/accountClasses', 'sample-class', {
        'displayName': 'COMMERCIAL',
        'portal': {'accessEnabled': True, 'autoSendInvitation': True,
                   'invoiceVerifiedRegistration': True},
    })
    account = create('/v1/accounts', 'sample-account', {
        'number': ACCOUNT_NUMBER, 'displayName': 'Renovation Gym', 'divisionId': division['id'],
        'accountClassId': account_class['id'], 'status': 'ACCOUNT_STATUS_ACTIVE',
    })
    create(f'/v1/accounts/{account["id"]}/sites', 'sample-site', {
        'number': '1', 'displayName': 'Downtown',
        'address': {'lines': ['225 Rice St'], 'city': 'St Paul', 'region': 'MN',
                    'postalCode': '55103'},
    })
    return create('/v1/contacts', 'sample-contact', {
        'accountId': account['id'], 'name': {'display': 'John Doe'}, 'email': EMAIL})


def show_invitation(api, contact, maildir, deadline_seconds=60):
    """Waits until the contact's invitation is sent and shows it, with its mail if that is here."""
    deadline = time.monotonic() + deadline_seconds
    while True:
        invitations = api.get(f'/v1/invitations?contactId={contact["id"]}').get('invitations')
        state = invitations[0]['state'].removeprefix('INVITATION_STATE_') if invitations else 'NONE'
        if state in FINAL_STATES or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    print(f'invitation of {contact["name"]["display"]}: {state}')
    for mail in mail_folder.mails_to(maildir, contact['email'])[-1:]:
        print(f'  subject  {mail["Subject"]}\n  to       {mail["To"]}\n'
              f'  link     {mail_folder.link_of(mail)}')
