// SPDX-License-Identifier: Apache-2.0
// Something that is sent to the server and may be refused: what it said stands where it was asked, until the next try.
import { useState } from 'preact/hooks';
import { ApiError } from '../api/http';

export interface Attempt {
  wrong: string | null;
  clear: () => void;
  // True: it was done.
  run: (what: () => Promise<unknown>) => Promise<boolean>;
}

export const sayOf = (error: ApiError) =>
  error.status === 412 ? 'Somebody else changed this meanwhile. Look at it again, then repeat what you wanted.' : error.message;

export function useAttempt(): Attempt {
  const [wrong, setWrong] = useState<string | null>(null);
  return {
    wrong,
    clear: () => setWrong(null),
    run: async (what) => {
      setWrong(null);
      try {
        await what();
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        setWrong(sayOf(error));
        return false;
      }
    },
  };
}

export function Wrong({ of }: { of: Attempt }) {
  return of.wrong === null ? null : <p class="wrong-line" role="alert">{of.wrong}</p>;
}
