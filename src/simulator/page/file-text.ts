/** Text beyond this many bytes is cut: the page is for looking, not for reading gigabytes. */
export const TEXT_BYTES = 200_000

export type FileText = { readonly text: string; readonly cut: boolean }

/** The beginning of a file as text. Throws when it cannot be had. */
export const fileText = async (url: string): Promise<FileText> => {
  const answer = await fetch(url)
  if (!answer.ok || answer.body === null) throw new Error(`answered ${answer.status}`)
  const reader = answer.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  while (bytes < TEXT_BYTES) {
    const { done, value } = await reader.read()
    if (done) return { text: text + decoder.decode(), cut: false }
    const kept = value.subarray(0, TEXT_BYTES - bytes)
    text += decoder.decode(kept, { stream: true })
    bytes += value.length
  }
  const { done } = await reader.read()
  await reader.cancel()
  return { text, cut: bytes > TEXT_BYTES || !done }
}
