// SPDX-License-Identifier: Apache-2.0
// The form of an integration's type, made from its catalogue entry. What is secret goes to the server and never comes
// back; it is asked for, and not shown again.
import type { IntegrationType, TypeField } from '../../api/access';
import { Field, SelectField, TextField } from '../../parts/field';

export type Values = Record<string, string>;

const severalLines = /private_key|service_account|_json$|^json|certificate|config|^ca_|key_file/;

const labelOf = (f: TypeField) => (f.help !== '' ? f.help : f.name.replaceAll('_', ' '));

function One({ of, value, onChange, kept }: { of: TypeField; value: string; onChange: (value: string) => void; kept: boolean }) {
  const needed = of.required && !kept;
  const hint = kept && of.secret ? 'Kept as it is where you leave this empty.' : undefined;
  const label = <>{labelOf(of)}{needed ? '' : <span class="dim"> (optional)</span>}</>;
  if (of.secret && severalLines.test(of.name))
    return (
      <Field label={label} hint={hint}>
        {(tie) => <textarea {...tie} rows={4} class="mono" required={needed} autocomplete="off" spellcheck={false} data-field={of.name}
          value={value} onInput={(event) => onChange(event.currentTarget.value)} />}
      </Field>
    );
  return <TextField label={label} hint={hint} type={of.secret ? 'password' : 'text'} autocomplete={of.secret ? 'new-password' : 'off'}
    spellcheck={false} required={needed} data-field={of.name} value={value} onChange={onChange} />;
}

// Which of the type's sets of fields somebody has: a token, or a name and a password.
export function setName(type: IntegrationType, set: readonly string[]): string {
  const names = set.map((name) => labelOf(type.fields.find((f) => f.name === name) ?? { name, help: '', secret: true, required: true }));
  return names.join(' and ');
}

export function TypeFields({ type, values, onChange, chosen, onChoose, kept = false }:
  { type: IntegrationType; values: Values; onChange: (values: Values) => void; chosen: number; onChoose: (set: number) => void; kept?: boolean }) {
  const sets = type.alternatives;
  const inSets = new Set(sets.flat());
  const set = sets[chosen] ?? [];
  const shown = type.fields.filter((f) => !inSets.has(f.name) || set.includes(f.name));
  return (
    <>
      {sets.length > 1
        ? <SelectField label="What you have" value={String(chosen)} onChange={(v) => onChoose(Number(v))}
            choices={sets.map((names, i) => ({ value: String(i), label: setName(type, names) }))} />
        : null}
      {shown.map((f) => (
        <One key={f.name} of={{ ...f, required: f.required || set.includes(f.name) }} kept={kept} value={values[f.name] ?? ''}
          onChange={(value) => onChange({ ...values, [f.name]: value })} />
      ))}
    </>
  );
}

// What goes to the server: what was written, and of the sets the chosen one only.
export function given(type: IntegrationType, values: Values, chosen: number): Values {
  const others = new Set(type.alternatives.flatMap((set, i) => (i === chosen ? [] : set)));
  for (const name of type.alternatives[chosen] ?? []) others.delete(name);
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== '' && !others.has(name)));
}
