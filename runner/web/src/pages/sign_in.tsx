// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/http';
import { providerAddress, signIn, waysIn, type WaysIn } from '../api/session';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { KeyMark } from '../parts/icon';
import { Notice } from '../parts/states';

// Why the server has sent somebody back here who came from the identity provider.
const refusals: Record<string, string> = {
  unknown: 'Nobody here has the e-mail address that your identity provider told us. Ask an administrator of your workspace to add you as a member.',
  refused: 'Your identity provider did not let you in, or what it said could not be accepted. Try again; if it stays so, tell whoever runs this server.',
};

// Where to come back to: without the refusal.
function returnAddress(): string {
  const query = new URLSearchParams(location.search);
  query.delete('sign_in');
  return `${location.pathname}${query.size > 0 ? `?${query}` : ''}`;
}

export function SignIn({ ended }: { ended: boolean }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [ways, setWays] = useState<WaysIn>({ password: true, openid: false });
  const refused = new URLSearchParams(location.search).get('sign_in') ?? '';
  useEffect(() => {
    document.title = 'Sign in · Latchkey';
    void waysIn().then(setWays);
  }, []);
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setWrong(null);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.status === 401 ? 'The e-mail address or the password is wrong.' : error.message);
      setBusy(false);
    }
  };
  return (
    <main class="alone" id="main">
      <div class="card padded stack">
        <div class="brand"><KeyMark /><h1>Sign in to Latchkey</h1></div>
        {ended ? <Notice icon="clock">Your session has ended. Sign in to go on where you were.</Notice> : null}
        {refusals[refused] ? <Notice tone="bad" icon="warning"><p role="alert">{refusals[refused]}</p></Notice> : null}
        {ways.password
          ? <form class="stack" onSubmit={send}>
              <TextField label="E-mail address" type="email" name="email" autocomplete="username" required autofocus value={email} onChange={setEmail} />
              <TextField label="Password" type="password" name="password" autocomplete="current-password" required value={password} onChange={setPassword} />
              {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
              <Button type="submit" kind="primary" class="big" busy={busy}>{busy ? 'Signing in…' : 'Sign in'}</Button>
            </form>
          : null}
        {ways.openid ? <a class="button big" href={providerAddress(returnAddress())}>Sign in with your identity provider</a> : null}
        {ways.password ? <p class="small dim">No password yet, or forgotten? An administrator of your workspace can make you a link to set one.</p> : null}
      </div>
    </main>
  );
}
