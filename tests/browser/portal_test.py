"""The portal in a real browser: from the mailed link to signing in again."""

import pathlib
import shutil
import tempfile
import unittest

from harness.company import Company, unique
from harness.portal import PASSWORD, invited
from harness.running_system import RunningSystem

CHROMIUM = pathlib.Path('/usr/bin/chromium')
DRIVER = pathlib.Path('/usr/bin/chromedriver')
try:
    from selenium import webdriver
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support import expected_conditions
    from selenium.webdriver.support.ui import WebDriverWait
    missing = [str(path) for path in (CHROMIUM, DRIVER) if not path.exists()]
except ImportError:
    missing = ['python3-selenium']


def setUpModule():
    if missing:
        raise unittest.SkipTest(f'there is no {", ".join(missing)}: tools/setup installs it')
    global system, company
    system = RunningSystem()
    unittest.addModuleCleanup(system.close)
    company = Company(system.api)


class Portal(unittest.TestCase):
    def setUp(self):
        profile = tempfile.mkdtemp(prefix='portico-browser-')
        self.addCleanup(shutil.rmtree, profile, ignore_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for argument in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic',
                         '--disable-dev-shm-usage', '--no-first-run',
                         '--disable-background-networking', '--disable-component-update',
                         '--disable-sync', f'--user-data-dir={profile}'):
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        self.browser = webdriver.Chrome(
            service=webdriver.chrome.service.Service(str(DRIVER)), options=options)
        self.addCleanup(self.browser.quit)

    def shown(self, element_id):
        """The element, once it can be seen."""
        return WebDriverWait(self.browser, 30).until(
            expected_conditions.visibility_of_element_located((By.ID, element_id)))

    def fill(self, form, user_id, password):
        self.shown(form)
        for field, value in (('userId', user_id), ('password', password)):
            found = self.browser.find_element(By.CSS_SELECTOR, f'#{form} [name={field}]')
            found.clear()
            found.send_keys(value)
        self.browser.find_element(By.CSS_SELECTOR, f'#{form} button').click()

    def alert(self, place):
        return WebDriverWait(self.browser, 30).until(
            expected_conditions.visibility_of_element_located(
                (By.CSS_SELECTOR, f'#{place} .alert'))).text

    def check_console(self, *expected):
        """No script failed; the network errors in `expected` are answers of the API."""
        errors = [entry['message'] for entry in self.browser.get_log('browser')
                  if entry['level'] == 'SEVERE'
                  and not any(text in entry['message'] for text in expected)]
        self.assertEqual(errors, [])

    def test_a_contact_opens_the_link_accepts_signs_out_and_in(self):
        contact = company.contact()
        token = invited(system, contact)
        user_id = unique('john.doe')

        self.browser.get(f'{system.url}/accept#token={token}')
        self.assertEqual(self.shown('contact').text, 'John Doe')
        self.assertEqual(self.shown('account').text, 'Renovation Gym')
        self.assertNotIn(token, self.browser.current_url)

        self.fill('accept', 'x', PASSWORD)
        self.assertTrue(self.shown('userId-error').text)
        self.fill('accept', user_id, PASSWORD)

        self.assertEqual(self.shown('who').text, user_id)
        self.assertIn('Renovation Gym', self.shown('accounts').text)
        # Scripts cannot read the session.
        self.assertEqual(self.browser.execute_script('return document.cookie'), '')

        self.shown('sign-out').click()
        self.fill('sign-in', user_id, PASSWORD + 'x')
        self.assertTrue(self.alert('sign-in'))
        self.fill('sign-in', user_id, PASSWORD)
        self.assertEqual(self.shown('who').text, user_id)

        self.browser.refresh()
        self.assertEqual(self.shown('who').text, user_id)

        # The link is used up and says so.
        self.browser.get('about:blank')
        self.browser.get(f'{system.url}/accept#token={token}')
        self.assertTrue(self.alert('refused'))
        self.check_console('status of 400', 'status of 401')

    def test_a_contact_named_like_a_script_is_text(self):
        name = '<img src=x onerror=alert(1)>'
        account = company.account(displayName=name)
        contact = company.contact(account, name={'display': name})
        self.browser.get(f'{system.url}/accept#token={invited(system, contact)}')
        self.assertEqual(self.shown('contact').text, name)
        self.assertEqual(self.shown('account').text, name)
        self.check_console()

    def test_a_made_up_link_is_refused(self):
        self.browser.get(f'{system.url}/accept#token={"A" * 43}')
        self.assertTrue(self.alert('refused'))


if __name__ == '__main__':
    unittest.main()
