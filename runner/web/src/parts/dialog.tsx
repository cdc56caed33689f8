// SPDX-License-Identifier: Apache-2.0
// The browser's own dialog: Escape closes it, the focus stays in it and goes back to where it was.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps { title: string; onClose: () => void; children: ComponentChildren; class?: string; busy?: boolean }

export function Dialog({ title, onClose, children, class: more = '', busy = false }: DialogProps) {
  const at = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = at.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog ref={at} class={more} aria-labelledby={id}
      onCancel={(event) => { event.preventDefault(); if (!busy) onClose(); }}
      onMouseDown={(event) => { if (event.target === at.current && !busy) onClose(); }}>
      <div class="inside">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  );
}
