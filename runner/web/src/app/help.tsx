// SPDX-License-Identifier: Apache-2.0
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Check } from '../parts/field';
import { helpShown, keysOn, setKeysOn, shortcuts } from './shortcuts';
import { useStore } from './store';

export function Help() {
  const shown = useStore(helpShown);
  const on = useStore(keysOn);
  if (!shown) return null;
  const list = shortcuts();
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => helpShown.set(false)}>
      <table class="list">
        <thead class="hidden-but-read"><tr><th scope="col">Keys</th><th scope="col">What they do</th></tr></thead>
        <tbody>
          {list.map((s) => (
            <tr key={s.keys + s.what}>
              <td class="fit">{s.keys.split(' ').map((k, i) => <>{i > 0 ? ' ' : ''}<kbd>{k}</kbd></>)}</td>
              <td>{s.what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Check label="Single keys do these things" checked={on} onChange={setKeysOn} />
      <div class="ends"><Button kind="primary" onClick={() => helpShown.set(false)}>Close</Button></div>
    </Dialog>
  );
}
