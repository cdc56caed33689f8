// SPDX-License-Identifier: Apache-2.0
// Something that the server says this once: a token, a link, a secret. It is in no address and in no storage, and gone
// when the dialog is closed.
import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Button } from './button';
import { Dialog } from './dialog';

export function ShownOnce({ title, value, label, children, onClose }:
  { title: string; value: string; label: string; children?: ComponentChildren; onClose: () => void }) {
  const [copied, setCopied] = useState('');
  const at = useRef<HTMLTextAreaElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied('Copied.');
    } catch {
      // Without TLS a browser has no clipboard for pages.
      at.current?.select();
      setCopied('It is selected: press Ctrl+C.');
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <textarea ref={at} class="mono once" readOnly rows={3} aria-label={label} value={value} onFocus={(event) => event.currentTarget.select()} />
      <p class="dim">It is shown this once. Keep it where only those who need it can read it.</p>
      <div class="ends"><span role="status" class="dim">{copied}</span><Button onClick={copy}>Copy</Button><Button kind="primary" onClick={onClose}>I have it</Button></div>
    </Dialog>
  );
}
