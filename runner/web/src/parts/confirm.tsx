// SPDX-License-Identifier: Apache-2.0
// "Are you sure" where something can't be taken back, and the password again where the server asks for it. Both are
// promises: the caller goes on, or doesn't.
import { useState } from 'preact/hooks';
import { ApiError } from '../api/http';
import { confirm, providerAddress, standing } from '../api/session';
import { createStore, useStore } from '../app/store';
import { Button } from './button';
import { Dialog } from './dialog';
import { TextField } from './field';

interface Question { title: string; text: string; yes: string; danger: boolean; answer: (yes: boolean) => void }
const question = createStore<Question | null>(null);
const password = createStore<((given: boolean) => void) | null>(null);

export function askSure(title: string, text: string, yes: string, danger = true): Promise<boolean> {
  return new Promise((resolve) => question.set({ title, text, yes, danger,
    answer: (said) => { question.set(null); resolve(said); } }));
}

const wantsPassword = (error: unknown) =>
  error instanceof ApiError && error.status === 403 && error.message.includes('/latchkey/v1/session/confirm');

// Does it, and where the server wants the password first, asks for it and does it then. Undefined: not given.
export async function confirmed<T>(what: () => Promise<T>): Promise<T | undefined> {
  try {
    return await what();
  } catch (error) {
    if (!wantsPassword(error)) throw error;
  }
  const given = await new Promise<boolean>((resolve) => password.set((said) => { password.set(null); resolve(said); }));
  return given ? what() : undefined;
}

function PasswordDialog({ done }: { done: (given: boolean) => void }) {
  const [value, setValue] = useState('');
  const [wrong, setWrong] = useState<string | null>(null);
  const who = standing.get();
  const outside = who.state === 'in' && who.session.how === 'openid';
  const send = async () => {
    try {
      await confirm(value);
      done(true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
    }
  };
  return (
    <Dialog title="Confirm that it is you" onClose={() => done(false)}>
      <p class="dim">This server asks for it before a permission is given.</p>
      {outside
        ? <a class="button primary" href={providerAddress(location.pathname + location.search, true)}>Sign in again</a>
        : <form class="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
            <TextField label="Your password" type="password" autocomplete="current-password" required autofocus value={value} onChange={setValue} wrong={wrong} />
            <div class="ends"><Button onClick={() => done(false)}>Cancel</Button><Button kind="primary" type="submit">Confirm</Button></div>
          </form>}
    </Dialog>
  );
}

export function Questions() {
  const asked = useStore(question);
  const wanted = useStore(password);
  return (
    <>
      {asked
        ? <Dialog title={asked.title} onClose={() => asked.answer(false)}>
            <p>{asked.text}</p>
            <div class="ends">
              <Button onClick={() => asked.answer(false)}>Cancel</Button>
              <Button kind={asked.danger ? 'danger' : 'primary'} onClick={() => asked.answer(true)}>{asked.yes}</Button>
            </div>
          </Dialog>
        : null}
      {wanted ? <PasswordDialog done={wanted} /> : null}
    </>
  );
}
