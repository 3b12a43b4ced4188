"""Processes stop and start in any order, and lose nothing."""

import signal
import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.errors import assert_error
from harness.eventually import eventually
from harness.portal import accept, invitation_of, invited, sign_in
from harness.running_system import RunningSystem
from http_api import ApiError
from processes import PROCESSES, SERVICES


def setUpModule():
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class Restart(unittest.TestCase):
    def test_each_process_alone_and_all_together_keep_everything(self):
        account = company.account()
        contact = company.contact(account)
        user_id = unique('user')
        browser = Browser(system.url)
        self.assertEqual(accept(browser, invited(system, contact), user_id).status, 200)
        invitation_of(system, contact, 'INVITATION_STATE_ACCEPTED')
        eventually(lambda: self.portal_user_id(contact) == user_id)
        paths = [f'/v1/accounts/{account["id"]}', f'/v1/contacts/{contact["id"]}',
                 f'/v1/invitations?contactId={contact["id"]}',
                 f'/v1/contacts/{contact["id"]}/decision', '/v1/portalOptions']
        before = [system.api.get(path) for path in paths]

        for names in ([name] for name in PROCESSES):
            self.check_restart(names, paths, before, browser, user_id)
        self.check_restart(tuple(reversed(PROCESSES)), paths, before, browser, user_id)

    def check_restart(self, names, paths, before, browser, user_id):
        with self.subTest(restarted=names):
            system.restart(*names)
            for path, kept in zip(paths, before):
                self.assertEqual(system.api.get(path), kept)
            self.assertEqual(browser.request('GET', '/v1/portal/me').status, 200)
            self.assertEqual(sign_in(Browser(system.url), user_id).status, 200)

    def portal_user_id(self, contact):
        return system.api.get(f'/v1/contacts/{contact["id"]}')['portal']['userId']

    def test_processes_start_in_any_order_while_their_peers_are_away(self):
        for order in (PROCESSES, tuple(reversed(PROCESSES)),
                      ('invitation', 'gateway', 'registration', 'contact', 'account')):
            with self.subTest(order=order):
                system.stop_cleanly(*PROCESSES)
                for name in order:
                    system.start(name)
                    if name != 'gateway':
                        system.wait_ready(name)
                system.wait_ready()
                contact = eventually(self.contact_that_can_be_created)
                invited(system, contact)

    def contact_that_can_be_created(self):
        try:
            return company.contact()
        except ApiError as error:
            self.assertEqual(error.response.status, 503, error)

    def test_a_killed_process_loses_nothing_it_acknowledged(self):
        account = company.account()
        contacts = [company.contact(account) for _ in range(20)]
        for name in SERVICES:
            system.stop(name, with_signal=signal.SIGKILL)
        system.start(*SERVICES)
        system.wait_ready(*SERVICES)
        listed = system.api.get(f'/v1/contacts?accountId={account["id"]}&pageSize=100')['contacts']
        self.assertEqual({contact['id'] for contact in listed},
                         {contact['id'] for contact in contacts})
        for contact in contacts:
            invited(system, contact)


class PeersAway(unittest.TestCase):
    def test_a_contact_made_while_the_invitation_service_is_down_is_invited_once_it_is_back(self):
        account = company.account()
        system.stop_cleanly('invitation')
        contact = company.contact(account)
        response = system.api.request('GET', f'/v1/invitations?contactId={contact["id"]}')
        assert_error(self, response, 503, 'UNAVAILABLE')
        system.start('invitation')
        system.wait_ready('invitation')
        invited(system, contact)
        decision = system.api.get(f'/v1/contacts/{contact["id"]}/decision')
        self.assertEqual(decision['outcome'], 'DECISION_OUTCOME_INVITED')

    def test_a_contact_of_a_known_account_is_created_while_the_account_service_is_down(self):
        account = company.account()
        invited(system, company.contact(account))
        system.stop_cleanly('account')
        contact = company.contact(account)
        system.start('account')
        system.wait_ready('account')
        invited(system, contact)

    def test_an_acceptance_while_the_invitation_service_is_down_can_be_repeated_later(self):
        token = invited(system, company.contact())
        user_id = unique('later')
        system.stop_cleanly('invitation')
        assert_error(self, accept(Browser(system.url), token, user_id), 503, 'UNAVAILABLE')
        system.start('invitation')
        system.wait_ready('invitation')
        browser = Browser(system.url)
        eventually(lambda: accept(browser, token, user_id).status == 200)
        self.assertEqual(browser.get('/v1/portal/me')['portalUser']['userId'], user_id)


if __name__ == '__main__':
    unittest.main()
