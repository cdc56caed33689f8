// SPDX-License-Identifier: Apache-2.0
// A control with its label, a hint and what is wrong with it, tied together for those who hear the page.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps { label: ComponentChildren; hint?: ComponentChildren; wrong?: string | null }

export function Field({ label, hint, wrong, children }: FieldProps & {
  children: (tie: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: 'true' }) => ComponentChildren }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(described ? { 'aria-describedby': described } : {}), ...(wrong ? { 'aria-invalid': 'true' } : {}) })}
      {hint ? <span class="hint" id={`${id}-hint`}>{hint}</span> : null}
      {wrong ? <span class="wrong" id={`${id}-wrong`}>{wrong}</span> : null}
    </div>
  );
}

interface InputProps {
  name?: string;
  type?: 'text' | 'password' | 'email' | 'url' | 'number' | 'search' | 'datetime-local';
  autocomplete?: 'off' | 'username' | 'current-password' | 'new-password' | 'name' | 'email';
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  placeholder?: string;
  autofocus?: boolean;
  pattern?: string;
  disabled?: boolean;
  inputMode?: 'text' | 'numeric' | 'url' | 'email';
  min?: string;
  max?: string;
  spellcheck?: boolean;
}

export function TextField({ label, hint, wrong, value, onChange, ...rest }:
  FieldProps & InputProps & { value: string; onChange: (value: string) => void }) {
  return (
    <Field label={label} hint={hint} wrong={wrong ?? null}>
      {(tie) => <input {...rest as object} {...tie} value={value}
        onInput={(event) => onChange(event.currentTarget.value)} />}
    </Field>
  );
}

export interface Choice { value: string; label: string; disabled?: boolean }

export function SelectField({ label, hint, wrong, value, onChange, choices, disabled = false }:
  FieldProps & { value: string; onChange: (value: string) => void; choices: readonly Choice[]; disabled?: boolean }) {
  return (
    <Field label={label} hint={hint} wrong={wrong ?? null}>
      {(tie) => <Select {...tie} value={value} onChange={onChange} choices={choices} disabled={disabled} />}
    </Field>
  );
}

export function Select({ value, onChange, choices, ...rest }:
  { value: string; onChange: (value: string) => void; choices: readonly Choice[]; disabled?: boolean; id?: string;
    'aria-label'?: string; 'aria-describedby'?: string }) {
  return (
    <select {...rest} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
      {choices.map((c) => <option key={c.value} value={c.value} disabled={c.disabled ?? false}>{c.label}</option>)}
    </select>
  );
}

export function Check({ label, hint, checked, onChange, disabled = false }:
  { label: ComponentChildren; hint?: ComponentChildren; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <div class="check">
      <input type="checkbox" id={id} checked={checked} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />
      <label for={id}>{label}{hint ? <span class="hint">{hint}</span> : null}</label>
    </div>
  );
}
