"""A caller that keeps cookies, as the portal's visitors do."""

import http.cookies

from http_api import Api


class Browser(Api):
    """One visitor of the portal. Cookies come and go with the responses."""

    def __init__(self, url):
        super().__init__(url)
        self.cookies = {}

    def request(self, method, path, body=None, headers=None, timeout=30):
        all_headers = {'Origin': self.url}
        if self.cookies:
            all_headers['Cookie'] = '; '.join(
                f'{name}={value}' for name, value in self.cookies.items())
        all_headers.update(headers or {})
        response = super().request(method, path, body, all_headers, timeout)
        for name, morsel in cookies_of(response).items():
            if morsel['max-age'] == '0' or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
        return response


def cookies_of(response):
    """The cookies that a response sets, by name."""
    cookies = http.cookies.SimpleCookie()
    for line in response.headers.get_all('Set-Cookie', []):
        cookies.load(line)
    return cookies
