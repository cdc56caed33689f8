// SPDX-License-Identifier: Apache-2.0
// How the last run went, as a picture for a README. Its address holds a token that shows this one thing.
import { useState } from 'preact/hooks';
import { pipelineAt, type Place } from '../../api/paths';
import { notify } from '../../app/announce';
import { useLoad } from '../../app/load';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { Field } from '../../parts/field';
import { Problem } from '../../parts/states';
import { plain } from '../../parts/text';

// Square brackets end a link's text in Markdown.
export const markdownOf = (name: string, picture: string, page: string) =>
  `[![${plain(name, 80).replace(/[[\]\\]/g, '\\$&')}](${picture})](${page})`;

export function BadgeDialog({ at, pipeline, name, page, onClose }: { at: Place; pipeline: number; name: string; page: string; onClose: () => void }) {
  const badge = useLoad<{ badge_url: string }>(`${pipelineAt(at, pipeline)}/badge`);
  const [broken, setBroken] = useState(false);
  const url = badge.data?.badge_url ?? '';
  // From this very server, whatever name it has for others: the page shows nothing from elsewhere.
  const shown = url === '' ? '' : new URL(url).pathname + new URL(url).search;
  const text = markdownOf(name, url, location.origin + page);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      notify('Copied.', 'good');
    } catch {
      notify('The browser does not let the page copy: mark the text and copy it.', 'bad');
    }
  };
  return (
    <Dialog title="Badge" onClose={onClose}>
      {badge.error ? <Problem error={badge.error} again={badge.reload} /> : null}
      {url !== ''
        ? <>
            {broken ? null : <img src={shown} alt={`Last run of ${plain(name, 80)}`} height="20" onError={() => setBroken(true)} />}
            <Field label="Markdown, for a README" hint="Whoever has this address sees how the last run went, and nothing else.">
              {(tie) => <textarea {...tie} class="mono" rows={4} readOnly value={text} onFocus={(event) => event.currentTarget.select()} />}
            </Field>
          </>
        : null}
      <div class="ends"><Button onClick={onClose}>Close</Button><Button kind="primary" off={url === '' ? 'Nothing to copy yet.' : null} onClick={copy}>Copy</Button></div>
    </Dialog>
  );
}
