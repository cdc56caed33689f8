// SPDX-License-Identifier: Apache-2.0
// The catalogue of services, asked once: what a type is called, and what it asks for.
import type { IntegrationType } from '../api/access';
import { own } from '../api/paths';
import { useLoad } from '../app/load';

export const useTypes = () => useLoad<{ integration_types: IntegrationType[] }>(own('/integration_types'));

// "GitHub" of GIT_HUB; until it is known, and where it is not, the type as pipelines write it.
export function useTitles(): (type: string) => string {
  const types = useTypes().data?.integration_types ?? [];
  return (type) => types.find((t) => t.type === type)?.title ?? type;
}
