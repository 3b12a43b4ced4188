"""Accounts and contacts that a test makes for itself."""

import itertools
import os

_numbers = itertools.count(1)


def unique(word):
    """A word that no other test uses: "gym-1234-7"."""
    return f'{word}-{os.getpid()}-{next(_numbers)}'


class Company:
    """A division and a class of a test's own, with as many accounts and contacts as it wants."""

    def __init__(self, api, **portal):
        self.api = api
        self.division = api.post('/v1/setup/divisions', {
            'displayName': unique('division'), 'email': 'north@hauler.example'})
        self.account_class = api.post('/v1/setup/accountClasses', {
            'displayName': unique('class'),
            'portal': {'accessEnabled': True, 'autoSendInvitation': True, **portal}})

    def account(self, **fields):
        return self.api.post('/v1/accounts', {
            'number': unique('number'), 'displayName': 'Renovation Gym',
            'divisionId': self.division['id'], 'accountClassId': self.account_class['id'],
            'status': 'ACCOUNT_STATUS_ACTIVE', **fields})

    def site(self, account):
        return self.api.post(f'/v1/accounts/{account["id"]}/sites', {
            'number': '1', 'displayName': 'Downtown',
            'address': {'lines': ['225 Rice St'], 'city': 'St Paul', 'region': 'MN',
                        'postalCode': '55103'}})

    def contact(self, account=None, **fields):
        """A contact, of a new account unless one is given."""
        account = account or self.account()
        return self.api.post('/v1/contacts', {
            'accountId': account['id'], 'name': {'display': 'John Doe'},
            'email': f'{unique("john")}@example.com', **fields})
