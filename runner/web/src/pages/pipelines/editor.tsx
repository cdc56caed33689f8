// SPDX-License-Identifier: Apache-2.0
// A definition's text with numbers at its lines and its problems where they are. Plain: a text field of the browser's own,
// which every keyboard and reader knows, with a margin that goes along.
import './editor.css';
import { useEffect, useRef } from 'preact/hooks';
import type { ProblemAt } from '../../api/pipelines';
import { Icon } from '../../parts/icon';
import { plain } from '../../parts/text';

interface EditorProps { text: string; problems: ProblemAt[]; onChange?: (text: string) => void; label: string }

export function Editor({ text, problems, onChange, label }: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const margin = useRef<HTMLOListElement>(null);
  const lines = text.split('\n').length;
  const worst = new Map<number, ProblemAt>();
  for (const p of problems) if (worst.get(p.line)?.severity !== 'error') worst.set(p.line, p);
  const along = () => { if (margin.current && area.current) margin.current.scrollTop = area.current.scrollTop; };
  useEffect(along, [text]);
  const goTo = (p: ProblemAt) => {
    const el = area.current;
    if (!el) return;
    const before = text.split('\n').slice(0, p.line - 1).join('\n').length + (p.line > 1 ? 1 : 0);
    el.focus();
    el.setSelectionRange(before + Math.max(0, p.column - 1), before + Math.max(0, p.column - 1));
    el.scrollTop = Math.max(0, (p.line - 4) * 20);
    along();
  };
  return (
    <div class="editor">
      <div class="editor-text">
        <ol ref={margin} aria-hidden="true">
          {Array.from({ length: Math.min(lines, 20_000) }, (_, i) => {
            const p = worst.get(i + 1);
            return <li key={i} class={p ? `has-${p.severity}` : ''} title={p ? plain(p.message, 400) : undefined}>{i + 1}</li>;
          })}
        </ol>
        <textarea ref={area} aria-label={label} wrap="off" spellcheck={false} autocomplete="off" readOnly={onChange === undefined} value={text} onScroll={along}
          onInput={(event) => onChange?.(event.currentTarget.value)}
          onKeyDown={(event) => {
            // Two blanks, as YAML likes it; Escape first, and Tab leaves the field again.
            if (event.key === 'Escape') event.currentTarget.dataset['leave'] = '1';
            else if (event.key === 'Tab' && !event.shiftKey && onChange && event.currentTarget.dataset['leave'] !== '1') {
              event.preventDefault();
              const el = event.currentTarget;
              el.setRangeText('  ', el.selectionStart, el.selectionEnd, 'end');
              onChange(el.value);
            } else if (event.key !== 'Shift') delete event.currentTarget.dataset['leave'];
          }} />
      </div>
      {problems.length > 0
        ? <ul class="problems" aria-label="Problems">
            {problems.map((p, i) => (
              <li key={i} class={p.severity === 'error' ? 'tone-bad' : 'tone-wait'}>
                <button type="button" onClick={() => goTo(p)}>
                  <Icon name="warning" />
                  <span class="where">{p.line}:{p.column}</span>
                  <span><span class="hidden-but-read">{p.severity}: </span><bdi>{plain(p.message, 400)}</bdi>{p.help ? <span class="dim"> {plain(p.help, 300)}</span> : null}</span>
                  <code class="dim">{p.code}</code>
                </button>
              </li>
            ))}
          </ul>
        : null}
    </div>
  );
}
