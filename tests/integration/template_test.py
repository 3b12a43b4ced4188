"""Staff write a mail's text, look at it and try it; and hand a link over."""

import unittest

from harness.browser import Browser
from harness.company import Company, unique
from harness.eventually import eventually
from harness.portal import accept
from harness.running_system import RunningSystem
from mail_folder import mails_to


def setUpModule():
    global system
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)


def bodies_of(mail):
    return {part.get_content_type(): part.get_content()
            for part in mail.walk() if not part.is_multipart()}


class Templates(unittest.TestCase):
    def test_a_template_is_written_previewed_tried_used_and_deleted(self):
        template = system.api.post('/v1/templates', {
            'displayName': unique('template'), 'kind': 'TEMPLATE_KIND_INVITATION', 'locale': 'en-us',
            'subject': 'Come in, [ContactName]',
            'htmlBody': '<p onclick="x()">Dear [ContactName], <a href="[CustomerPortalLink]">come'
                        ' in</a>.</p><script>alert(1)</script>'})
        path = f'/v1/templates/{template["id"]}'
        self.assertEqual(template['locale'], 'en-US')
        self.assertEqual(template['removed'],
                         ['attribute onclick of <p>', 'element <script>'])
        self.assertNotIn('script', template['htmlBody'])

        contact = Company(system.api, autoSendInvitation=False).contact(
            name={'display': 'Ann <b> & Co'})
        preview = system.api.post(f'{path}:preview', {'contactId': contact['id']})
        self.assertEqual(preview['subject'], 'Come in, Ann <b> & Co')
        self.assertIn('Dear Ann &lt;b&gt; &amp; Co, <a href="', preview['htmlBody'])
        self.assertIn('#token=EXAMPLE-NOT-A-REAL-LINK', preview['textBody'])
        edited = system.api.post(f'{path}:preview', {'htmlBody': '<p>[Nonsense]</p>'})
        self.assertEqual([problem['field'] for problem in edited['problems']],
                         ['html_body'] * 2)
        fresh = system.api.post('/v1/templates:preview', {
            'kind': 'TEMPLATE_KIND_GENERAL', 'subject': '[AccountName]', 'htmlBody': '<p>Hi</p>'})
        self.assertEqual(fresh['subject'], 'Example Company')

        staff = f'{unique("staff")}@hauler.example'
        message = system.api.post(f'{path}:sendTest', {
            'recipient': staff, 'contactId': contact['id']})
        self.assertEqual(message['kind'], 'MESSAGE_KIND_TEST')
        mail, = eventually(lambda: mails_to(system.mail, staff))
        self.assertEqual(mail['Subject'], 'Come in, Ann <b> & Co')
        self.assertIn('EXAMPLE-NOT-A-REAL-LINK', bodies_of(mail)['text/plain'])

        system.api.post(f'/v1/contacts/{contact["id"]}:sendInvitation',
                        {'templateId': template['id']})
        mail, = eventually(lambda: mails_to(system.mail, contact['email']))
        self.assertIn('/accept#token=', bodies_of(mail)['text/html'])

        self.assertEqual(system.api.request('DELETE', path).status, 200)
        self.assertEqual(system.api.request('GET', path).status, 404)

    def test_one_of_each_kind_is_there_and_stays(self):
        templates = system.api.get('/v1/templates?pageSize=1000')['templates']
        built_in = [template for template in templates if template['id'].startswith('tpl_000000')]
        self.assertEqual(len({template['kind'] for template in built_in}), 9)
        response = system.api.request('DELETE', f'/v1/templates/{built_in[0]["id"]}')
        self.assertEqual(response.status, 400, response.text)
        self.assertIn('TEMPLATE_BUILT_IN', response.text)


class LinkHandedOver(unittest.TestCase):
    def test_a_link_that_staff_hands_over_is_accepted_without_mail(self):
        contact = Company(system.api, autoSendInvitation=False).contact()
        path = f'/v1/contacts/{contact["id"]}:createInvitationLink'
        made = system.api.post(path, {})
        self.assertEqual(made['invitation']['state'], 'INVITATION_STATE_DELIVERED')
        self.assertIn('handOverTime', made['invitation'])
        start = f'{system.url}/accept#token='
        self.assertTrue(made['link'].startswith(start), made['link'])
        again = system.api.post(path, {})
        self.assertEqual(again['invitation']['id'], made['invitation']['id'])

        old, token = made['link'][len(start):], again['link'][len(start):]
        self.assertEqual(accept(Browser(system.url), old, unique('old')).status, 404)
        self.assertEqual(accept(Browser(system.url), token, unique('handed')).status, 200)
        self.assertEqual(mails_to(system.mail, contact['email']), [])
        response = system.api.request('POST', path, {})
        self.assertEqual(response.status, 400, response.text)


if __name__ == '__main__':
    unittest.main()
