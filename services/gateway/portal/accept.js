import {call} from './api.js';
import {onSubmit} from './form.js';

// The token stands in the fragment, which browsers send to no server. It leaves the
// address bar at once, so that nobody copies it from there.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
history.replaceState(null, '', location.pathname);

const advice = {
  INVITATION_ACCEPTED: 'Sign in with the user ID that you chose.',
  INVITATION_EXPIRED: 'Please ask for a new invitation.',
  INVITATION_REVOKED: 'Please ask whoever invited you.',
};

function refuse(message, reason) {
  document.querySelector('#refused .alert').textContent = message;
  document.getElementById('advice').textContent = advice[reason] ?? '';
  document.getElementById('invited').hidden = true;
  document.getElementById('refused').hidden = false;
}

function showInvitation({contactName, accountName, expireTime}) {
  const until = document.getElementById('until');
  document.getElementById('contact').textContent = contactName;
  document.getElementById('account').textContent = accountName;
  until.dateTime = expireTime;
  until.textContent = new Date(expireTime).toLocaleString([], {dateStyle: 'long', timeStyle: 'short'});
  document.getElementById('invited').hidden = false;
  document.getElementById('userId').focus();
}

onSubmit(document.getElementById('accept'), async ({userId, password}) => {
  try {
    await call('POST', '/v1/portal/invitations:accept', {token, userId, password});
    location.assign('/');
  } catch (error) {
    // The invitation itself is gone; no other input would help.
    if (error.status !== 'NOT_FOUND' && !(error.reason in advice)) throw error;
    refuse(error.message, error.reason);
  }
});

const password = document.getElementById('password');
document.getElementById('show-password').addEventListener('change', ({target}) => {
  password.type = target.checked ? 'text' : 'password';
});

if (token === '') {
  refuse('This page is opened by the link in your invitation. Please open that link again.');
} else {
  call('POST', '/v1/portal/invitations:preview', {token})
      .then(showInvitation, (error) => refuse(error.message, error.reason));
}
