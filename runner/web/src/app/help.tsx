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
      <dl class="keys">
        {list.map((s) => (
          <div key={s.keys + s.what}>
            <dt>{s.keys.split(' ').map((k, i) => <>{i > 0 ? ' ' : ''}<kbd>{k}</kbd></>)}</dt>
            <dd>{s.what}</dd>
          </div>
        ))}
      </dl>
      <Check label="Single keys do these things" checked={on} onChange={setKeysOn} />
      <div class="ends"><Button kind="primary" onClick={() => helpShown.set(false)}>Close</Button></div>
    </Dialog>
  );
}
