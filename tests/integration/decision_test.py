"""Who is invited when it is created, and who is not and why."""

import unittest

from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept, invited
from harness.browser import Browser
from harness.running_system import RunningSystem
from mail_folder import mails_to


def setUpModule():
    global system
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


def decision_on(contact):
    def probe():
        response = system.api.request('GET', f'/v1/contacts/{contact["id"]}/decision')
        return response.json if response.status == 200 else None
    return eventually(probe)


class NotInvited(unittest.TestCase):
    def check(self, contact, reason):
        decision = decision_on(contact)
        self.assertEqual((decision['outcome'], decision['reason']),
                         ('DECISION_OUTCOME_NOT_INVITED', f'DECISION_REASON_{reason}'))
        found = system.api.get(f'/v1/invitations?contactId={contact["id"]}').get('invitations', [])
        self.assertEqual(found, [])

    def test_the_account_is_not_active(self):
        company = Company(system.api)
        for status in ('PROSPECT', 'PENDING', 'SUSPENDED', 'CLOSED'):
            with self.subTest(status=status):
                account = company.account(status=f'ACCOUNT_STATUS_{status}')
                self.check(company.contact(account), 'ACCOUNT_NOT_ACTIVE')

    def test_the_class_has_no_portal_access(self):
        self.check(Company(system.api, accessEnabled=False).contact(), 'CLASS_PORTAL_DISABLED')

    def test_the_class_does_not_send_by_itself(self):
        self.check(Company(system.api, autoSendInvitation=False).contact(), 'CLASS_AUTO_SEND_OFF')

    def test_portal_access_is_off_for_the_contact(self):
        self.check(Company(system.api).contact(portalAccessEnabled=False),
                   'CONTACT_PORTAL_DISABLED')

    def test_the_contact_has_no_address(self):
        self.check(Company(system.api).contact(email=''), 'NO_EMAIL')


class InvitedByStaff(unittest.TestCase):
    def test_staff_invite_whom_the_class_does_not(self):
        contact = Company(system.api, autoSendInvitation=False).contact()
        decision_on(contact)
        path = f'/v1/contacts/{contact["id"]}:sendInvitation'
        invitation = system.api.post(path, {})
        self.assertEqual(invitation['contactId'], contact['id'])
        token = invited(system, contact)
        # There is one live invitation, whoever asks.
        self.assertEqual(system.api.post(path, {})['id'], invitation['id'])
        self.assertEqual(len(mails_to(system.mail, contact['email'])), 1)

        self.assertEqual(accept(Browser(system.url), token, unique('staffed')).status, 200)
        response = system.api.request('POST', path, {})
        self.assertEqual(response.status, 400, response.text)

    def test_a_new_class_setting_counts_for_the_next_contact(self):
        company = Company(system.api, autoSendInvitation=False)
        account = company.account()
        self.assertEqual(decision_on(company.contact(account))['outcome'],
                         'DECISION_OUTCOME_NOT_INVITED')
        system.api.patch(f'/v1/setup/accountClasses/{company.account_class["id"]}'
                         '?updateMask=portal.autoSendInvitation',
                         {'portal': {'autoSendInvitation': True}})
        self.assertEqual(decision_on(company.contact(account))['outcome'],
                         'DECISION_OUTCOME_INVITED')


if __name__ == '__main__':
    unittest.main()
