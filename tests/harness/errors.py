"""What the API's error answers say."""

BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest'
ERROR_INFO = 'type.googleapis.com/google.rpc.ErrorInfo'


def _details(response, kind):
    return [detail for detail in response.json['error'].get('details', [])
            if detail['@type'] == kind]


def reason_of(response):
    """The reason in an error's ErrorInfo, or ''."""
    return next((detail['reason'] for detail in _details(response, ERROR_INFO)), '')


def wrong_fields(response):
    """The paths of the fields that an error complains about."""
    return [violation['field'] for detail in _details(response, BAD_REQUEST)
            for violation in detail['fieldViolations']]


def assert_error(test, response, status, code, reason=None, fields=None):
    """Checks that a response is an error of the API's form, and which."""
    test.assertEqual(response.status, status, response.text)
    test.assertEqual(response.headers.get_content_type(), 'application/json')
    error = response.json['error']
    test.assertEqual(error['code'], status)
    test.assertEqual(error['status'], code, response.text)
    test.assertTrue(error['message'], response.text)
    if reason is not None:
        test.assertEqual(reason_of(response), reason, response.text)
    if fields is not None:
        test.assertEqual(wrong_fields(response), fields, response.text)
