import {call} from './api.js';
import {onSubmit} from './form.js';

// Without this script the form itself posts, to the address that the page has.
onSubmit(document.getElementById('unsubscribe'), async () => {
  await call('POST', '/v1/unsubscribe' + location.search);
  document.getElementById('ask').hidden = true;
  document.getElementById('done').hidden = false;
});
