/** `2026-04-15 12:00 UTC` */
export const minute = (ms: number): string =>
  `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const files = (count: number): string =>
  count === 1 ? '1 file' : `${count.toLocaleString('en-US')} files`

export const folders = (count: number): string =>
  count === 1 ? '1 folder' : `${count.toLocaleString('en-US')} folders`
