import {call} from './api.js';
import {onSubmit} from './form.js';

const sections = ['signed-out', 'signed-in', 'failed'];

function showOnly(id) {
  for (const section of sections) document.getElementById(section).hidden = section !== id;
}

function showSession({portalUser, memberships}) {
  document.getElementById('who').textContent = portalUser.userId;
  document.getElementById('email').textContent = portalUser.email ? `(${portalUser.email})` : '';
  document.getElementById('accounts').replaceChildren(...memberships.map((membership) => {
    const item = document.createElement('li');
    item.textContent = membership.accountName || membership.accountId;
    return item;
  }));
  showOnly('signed-in');
}

// Shows whoever is signed in, or the form to do so.
async function load() {
  try {
    showSession(await call('GET', '/v1/portal/me'));
  } catch (error) {
    if (error.status === 'UNAUTHENTICATED') {
      showOnly('signed-out');
      document.getElementById('userId').focus();
    } else {
      document.querySelector('#failed .alert').textContent = error.message;
      showOnly('failed');
    }
  }
}

const signIn = document.getElementById('sign-in');
onSubmit(signIn, async ({userId, password}) => {
  await call('POST', '/v1/portal/sessions', {userId, password});
  signIn.reset();
  await load();
  document.getElementById('sign-out').focus();
});

document.getElementById('sign-out').addEventListener('click', async () => {
  await call('DELETE', '/v1/portal/sessions').catch(() => {});
  await load();
});

document.getElementById('retry').addEventListener('click', load);

load();
