// SPDX-License-Identifier: Apache-2.0
// The first owner of a server: /app/setup#CODE, as the server printed it at its start. The code is taken out of the
// address at once.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, send } from '../api/http';
import { signIn } from '../api/session';
import { workspacePage } from '../app/addresses';
import { go } from '../app/router';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { KeyMark } from '../parts/icon';
import { Notice } from '../parts/states';

export default function Setup() {
  const [code] = useState(() => location.hash.slice(1));
  const [form, setForm] = useState({ email: '', name: '', workspace: '', password: '' });
  const [wrong, setWrong] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = 'The first owner · Latchkey';
    history.replaceState(null, '', location.pathname);
  }, []);
  const set = (name: keyof typeof form) => (value: string) => setForm({ ...form, [name]: value });
  const make = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setWrong(null);
    try {
      await send('POST', '/latchkey/v1/setup', { code, ...form });
      await signIn(form.email, form.password);
      go(workspacePage(form.workspace), 'replace');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
      setBusy(false);
    }
  };
  return (
    <div class="card padded stack">
      <div class="brand"><KeyMark /><h1>Set up this server</h1></div>
      {code === ''
        ? <Notice tone="wait" icon="warning">Open the link as the server printed it at its start, with all that stands behind the <code>#</code>. If the server has an owner already, <a class="inline" href="/app">sign in</a>.</Notice>
        : <form class="stack" onSubmit={make}>
            <p class="dim">You become its first owner. Others are added later, by you.</p>
            <TextField label="Your e-mail address" type="email" autocomplete="username" required autofocus value={form.email} onChange={set('email')} />
            <TextField label="Your name" autocomplete="name" value={form.name} onChange={set('name')} />
            <TextField label="A password" type="password" autocomplete="new-password" required minLength={8} value={form.password} onChange={set('password')} />
            <TextField label="Your workspace" required pattern="[a-z0-9][a-z0-9\-]*" spellcheck={false} value={form.workspace} onChange={set('workspace')} hint="As it stands in addresses: small letters, digits and dashes." />
            {wrong !== null ? <p class="wrong-line" role="alert">{wrong}</p> : null}
            <Button type="submit" kind="primary" class="big" busy={busy}>{busy ? 'Setting up…' : 'Set it up'}</Button>
          </form>}
    </div>
  );
}
