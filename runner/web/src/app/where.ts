// SPDX-License-Identifier: Apache-2.0
import { where, type Where } from './router';
import { useStore } from './store';

export const useWhere = (): Where => useStore(where);
