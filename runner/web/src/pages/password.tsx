// SPDX-License-Identifier: Apache-2.0
// Where a link of an administrator leads: /app/password#CODE. The code stands behind the "#", so it is in no server's
// log, and is taken out of the address at once.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/http';
import { setPassword, signIn } from '../api/session';
import { home } from '../app/addresses';
import { go } from '../app/router';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { KeyMark } from '../parts/icon';
import { Notice } from '../parts/states';

export default function Password() {
  const [code] = useState(() => location.hash.slice(1));
  const [value, setValue] = useState('');
  const [again, setAgain] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'Set your password · Latchkey';
    history.replaceState(null, '', location.pathname);
  }, []);
  const differ = again !== '' && again !== value;
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy || again !== value) return;
    setBusy(true);
    setWrong(null);
    try {
      const { email } = await setPassword(code, value);
      await signIn(email, value);
      go(home, 'replace');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
      setBusy(false);
    }
  };
  return (
    <div class="card padded stack">
      <div class="brand"><KeyMark /><h1>Set your password</h1></div>
      {code === ''
        ? <Notice tone="wait" icon="warning">Open the link as it was sent to you, with all that stands behind the <code>#</code>. It can be used once; if it does not work any more, ask for another.</Notice>
        : <form class="stack" onSubmit={send}>
            <TextField label="New password" type="password" autocomplete="new-password" required minLength={12} autofocus value={value} onChange={setValue} hint="Long is good; a few words are easier to remember." />
            <TextField label="The same again" type="password" autocomplete="new-password" required value={again} onChange={setAgain} wrong={differ ? 'The two differ.' : null} />
            {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
            <Button type="submit" kind="primary" class="big" busy={busy}>Set it and sign in</Button>
          </form>}
    </div>
  );
}
