import type { Dispatcher } from 'undici'

type Answer = Pick<Dispatcher.ResponseData, 'headers'>

/** The value of a header; undefined where it is missing, or where the answer says it more than once. */
export const headerOf = ({ headers }: Answer, name: string): string | undefined => {
  const [value, ...more] = [headers[name]].flat()
  return more.length === 0 ? value : undefined
}

/** The content-length; null where it is missing or no number. */
export const lengthOf = (answer: Answer): number | null => {
  const text = headerOf(answer, 'content-length')
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null
}

/**
 * True for an answer that is the file in another form: compressed although nobody asked for that, or as several ranges.
 * S3 keeps `aws-chunked` as a label on objects that were uploaded that way; their bytes are plain.
 */
export const isTransformed = ({ headers }: Answer): boolean => {
  const codings = String(headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
  return (
    codings.some((coding) => !['', 'identity', 'aws-chunked'].includes(coding.trim())) ||
    /^\s*multipart\/byteranges\b/i.test(String(headers['content-type'] ?? ''))
  )
}
