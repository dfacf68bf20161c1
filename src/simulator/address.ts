/** Benchling's path suffix for a kind of webhook in SUFFIXED routing (benchling-platform.md §1.6). */
export const suffixOf = (type: string): '/event' | '/lifecycle' | '/canvas' => {
  if (/^v\d+(-\w+)?\.canvas\./.test(type)) return '/canvas'
  if (/^v\d+(-\w+)?\.(app|lifecycle)\./.test(type)) return '/lifecycle'
  return '/event'
}

/** Where a message goes: the bare address in STABLE routing, with its suffix otherwise. */
export const webhookAddress = (url: string, routing: 'suffixed' | 'stable', type: string): string => {
  const base = url.replace(/\/+$/, '')
  return routing === 'stable' ? base : `${base}${suffixOf(type)}`
}
