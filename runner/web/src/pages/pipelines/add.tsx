// SPDX-License-Identifier: Apache-2.0
// Adds a pipeline with a definition that works as it stands.
import { useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { addPipeline, type ProblemAt } from '../../api/pipelines';
import { pipelinePage } from '../../app/addresses';
import { somethingChanged } from '../../app/load';
import { go } from '../../app/router';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { TextField } from '../../parts/field';
import { Editor } from './editor';
import { useValidation } from './validation';

const example = (name: string) => `- pipeline: ${/^[\w .-]+$/.test(name) && name.trim() === name ? name : JSON.stringify(name)}
  events:
    - type: PUSH
      refs: ["refs/heads/main"]
  actions:
    - action: Say hello
      type: BUILD
      commands:
        - echo "Hello from $BUDDY_PIPELINE_NAME"
`;

export function AddPipeline({ at, onClose }: { at: Place; onClose: () => void }) {
  const [name, setName] = useState('');
  const [text, setText] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  const yaml = text ?? example(name || 'build');
  const problems: ProblemAt[] = useValidation(at, text);
  const add = async (event: Event) => {
    event.preventDefault();
    setWrong(null);
    try {
      const made = await addPipeline(at, name, yaml);
      somethingChanged();
      go(pipelinePage(at.workspace, at.project, made.id));
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.message);
    }
  };
  return (
    <Dialog title="Add a pipeline" class="broad" onClose={onClose}>
      <form class="stack" onSubmit={add}>
        <TextField label="Name" required autofocus value={name} onChange={setName} hint="The same as in its definition." />
        <Editor label="Definition" text={yaml} problems={problems} onChange={setText} />
        {wrong !== null ? <pre class="wrong-line report" role="alert">{wrong}</pre> : null}
        <div class="ends"><Button onClick={onClose}>Cancel</Button><Button kind="primary" type="submit">Add the pipeline</Button></div>
      </form>
    </Dialog>
  );
}
