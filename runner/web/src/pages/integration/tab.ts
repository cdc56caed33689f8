// SPDX-License-Identifier: Apache-2.0
import type { Integration } from '../../api/access';

export interface TabProps {
  workspace: string;
  of: Integration;
  etag: string | null;
  reload: () => Promise<void>;
  off: string | null;  // why the reader can't change it
}
