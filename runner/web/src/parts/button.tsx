// SPDX-License-Identifier: Apache-2.0
// A button that does something takes one click at a time, and says so while it works. One that is off says why: it can
// be reached and read, and does nothing.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';

interface ButtonProps {
  children: ComponentChildren;
  onClick?: () => void | Promise<void>;
  kind?: '' | 'primary' | 'danger' | 'quiet';
  type?: 'button' | 'submit';
  busy?: boolean;
  off?: string | null;  // the reason
  showReason?: boolean;
  label?: string;
  class?: string;
  pressed?: boolean;
  title?: string;
}

export function Button({ children, onClick, kind = '', type = 'button', busy = false, off = null, showReason = false,
  label, class: more = '', pressed, title }: ButtonProps) {
  const [working, setWorking] = useState(false);
  const alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const id = useId();
  const dead = busy || working || off !== null;
  const click = async (event: MouseEvent) => {
    if (dead) return event.preventDefault();
    const done = onClick?.();
    if (!(done instanceof Promise)) return;
    setWorking(true);
    try {
      await done;
    } finally {
      if (alive.current) setWorking(false);
    }
  };
  return (
    <>
      <button type={type} class={`button ${kind} ${more}`} aria-disabled={dead ? 'true' : undefined} aria-label={label}
        aria-pressed={pressed} aria-describedby={off !== null ? id : undefined} title={off ?? title} onClick={click}>
        {children}
      </button>
      {off !== null ? <span id={id} class={showReason ? 'small dim' : 'hidden-but-read'}>{off}</span> : null}
    </>
  );
}
