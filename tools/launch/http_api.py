"""A small client of the gateway's HTTP API, on the standard library."""

import http.client
import json
import urllib.parse


class Response:
    """One HTTP response; header names are looked up in whatever case."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def text(self):
        return self.body.decode()


class ApiError(Exception):
    """The gateway answered with another status than 2xx."""

    def __init__(self, method, path, response):
        super().__init__(f'{method} {path}: {response.status} {response.text}')
        self.response = response


class Api:
    """Calls one gateway, as one caller. Every request has a connection of its own."""

    def __init__(self, url, token=None):
        self.url = url
        self.token = token
        address = urllib.parse.urlsplit(url)
        self._host, self._port = address.hostname, address.port

    def request(self, method, path, body=None, headers=None, timeout=30):
        """Sends `body` (bytes as they are, anything else as JSON) and answers the response."""
        all_headers = {'Authorization': f'Bearer {self.token}'} if self.token else {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            all_headers['Content-Type'] = 'application/json'
        all_headers.update(headers or {})
        connection = http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        try:
            connection.request(method, path, body, all_headers)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def call(self, method, path, body=None):
        """The JSON of a successful answer; ApiError for any other."""
        response = self.request(method, path, body)
        if response.status // 100 != 2:
            raise ApiError(method, path, response)
        return response.json

    def get(self, path):
        return self.call('GET', path)

    def post(self, path, body):
        return self.call('POST', path, body)

    def patch(self, path, body):
        return self.call('PATCH', path, body)
