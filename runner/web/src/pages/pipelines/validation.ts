// SPDX-License-Identifier: Apache-2.0
// What the server says is wrong with a text, a moment after the last key.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../api/http';
import type { Place } from '../../api/paths';
import { validate, type ProblemAt } from '../../api/pipelines';

export function useValidation(at: Place, text: string | null): ProblemAt[] {
  const [problems, setProblems] = useState<ProblemAt[]>([]);
  useEffect(() => {
    if (text === null) return;
    let current = true;
    const timer = setTimeout(() => {
      validate(at, text).then((v) => { if (current) setProblems(v.problems); }, (error: unknown) => {
        // Checked again when it is saved; only that counts.
        if (!(error instanceof ApiError)) throw error;
      });
    }, 400);
    return () => { current = false; clearTimeout(timer); };
  }, [at.workspace, at.project, text]);
  return problems;
}
