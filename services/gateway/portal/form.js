// Runs `submit` with the form's values when the form is sent, one at a time, and shows
// the ApiError that it throws: at the fields it is about, else above the form.
export function onSubmit(form, submit) {
  const button = form.querySelector('button');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    clear(form);
    button.disabled = true;
    try {
      await submit(Object.fromEntries(new FormData(form)));
    } catch (error) {
      show(form, error);
    } finally {
      button.disabled = false;
    }
  });
}

function clear(form) {
  form.querySelector('.alert').hidden = true;
  for (const input of form.querySelectorAll('input')) {
    const error = document.getElementById(`${input.id}-error`);
    if (error) mark(input, error, '');
  }
}

function show(form, error) {
  const general = [];
  let first;
  for (const [field, text] of error.fields ?? []) {
    const input = form.elements.namedItem(field);
    if (!input) {
      general.push(text);
      continue;
    }
    mark(input, document.getElementById(`${input.id}-error`), text);
    first ??= input;
  }
  if (!first && general.length === 0) general.push(error.message);
  const alert = form.querySelector('.alert');
  alert.textContent = general.join(' ');
  alert.hidden = general.length === 0;
  (first ?? form.querySelector('input')).focus();
}

// Ties the text to the input, so that screen readers read it there.
function mark(input, error, text) {
  error.textContent = text;
  error.hidden = text === '';
  input.setAttribute('aria-invalid', String(text !== ''));
  const hint = document.getElementById(`${input.id}-hint`);
  const described = [hint, text === '' ? null : error].filter(Boolean).map(({id}) => id);
  input.setAttribute('aria-describedby', described.join(' '));
}
